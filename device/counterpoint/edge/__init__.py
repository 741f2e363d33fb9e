"""All that touches the world: one file a thing, named for what it touches; values come in and go out."""
