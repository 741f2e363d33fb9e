"""The collector: messages from the broker in; windows and devices in the store out, each acknowledged after its commit.

`intake` judges bytes and touches nothing, `line.Line` is the connection, `collecting.Collector` the loop between them.
"""
