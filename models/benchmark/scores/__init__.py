"""Truth and belief of a scene come in, counts go out; counts add up over scenes, rates are made at the end."""
