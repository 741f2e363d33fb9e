"""What the spoken voices of the halls say at their counters; one rule: every voice says every line.

A counter is a conversation of two, agent first, taking turns. Small words show that somebody listens. Cuts are what
people say when they come in before the other has finished; some are no longer than a small word.
"""

from __future__ import annotations

from typing import Final

COUNTERS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "Good morning. What can I do for you today?",
        "I bought this kettle on Saturday, and it switches itself off before the water boils.",
        "Do you still have the receipt, or did you pay by card?",
        "I paid by card, but the receipt went out with the paper, I'm afraid.",
        (
            "That's all right. With the last four digits I can find it, "
            "and then we either swap it or give you the money back."
        ),
        "I'd rather have another one, as long as it isn't from the same box.",
    ),
    (
        "Hello there. Is it about a parcel?",
        "Yes. There was a card in my letter box, but it doesn't say which name it came under.",
        "Could you read me the number in the top corner?",
        "It's four, four, nine, and then I think that is a seven, or a one.",
        (
            "A one would make sense, because the sevens went to the other branch. "
            "Let me look in the back, it may take a minute."
        ),
        "No hurry. I have parked around the corner, and nobody is waiting for me.",
    ),
    (
        "Which day did you want to travel?",
        "Well, that depends. If the early train has seats on Thursday we'd take that, otherwise Friday after lunch.",
        "On Thursday there are two seats left, but they are not next to each other.",
        "How far apart are they? My mother doesn't see very well.",
        (
            "One row. You could ask somebody to change, most people don't mind. "
            "Or there is a slower one at ten with lots of room."
        ),
        "The slower one sounds better. What would that cost for both of us?",
    ),
)

SMALL: Final = (
    "Mm-hm.",
    "Yeah.",
    "Right.",
    "Okay.",
    "I see.",
    "Sure.",
    "Yeah, okay.",
    "Oh, I see, right.",
    "Ah, of course.",
    "Yes, yes, exactly.",
    "Oh really? Okay.",
    "Right, that makes sense.",
    "Mm, I know what you mean.",
    "Oh no, that's a shame.",
)

CUTS: Final = (
    "No, wait.",
    "Sorry, which one?",
    "Hang on, but",
    "But when?",
    "No, no.",
    "Can I just",
    "The blue one.",
    "Yes, but not today.",
    "That's not what I meant.",
    "Hold on a second.",
    "I already did that.",
    "What about the other one?",
)
