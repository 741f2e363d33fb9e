"""The fleet's store: windows and device messages in; summaries, devices and what people wrote out.

`opening.open_store` gives a `Store`; `Writing` is one transaction, `Reading` one snapshot that never sees a window.
`tables` names every table, `migrations` how older stores become this one, `keeping` backup, restore and deletion.
"""
