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
        "That's all right. With the last four digits I can find it, "
        "and then we either swap it or give you the money back.",
        "I'd rather have another one, as long as it isn't from the same box.",
    ),
    (
        "Hello there. Is it about a parcel?",
        "Yes. There was a card in my letter box, but it doesn't say which name it came under.",
        "Could you read me the number in the top corner?",
        "It's four, four, nine, and then I think that is a seven, or a one.",
        "A one would make sense, because the sevens went to the other branch. "
        "Let me look in the back, it may take a minute.",
        "No hurry. I have parked around the corner, and nobody is waiting for me.",
    ),
    (
        "Which day did you want to travel?",
        "Well, that depends. If the early train has seats on Thursday we'd take that, otherwise Friday after lunch.",
        "On Thursday there are two seats left, but they are not next to each other.",
        "How far apart are they? My mother doesn't see very well.",
        "One row. You could ask somebody to change, most people don't mind. "
        "Or there is a slower one at ten with lots of room.",
        "The slower one sounds better. What would that cost for both of us?",
    ),
    (
        "Have you stayed with us before?",
        "Twice, but that was years ago, before they built the new wing.",
        "Then you'll find the breakfast room has moved. It's through the garden now, and it opens at half past six.",
        "Is there anything for people who have to leave earlier than that?",
        "We can put a bag together for you. "
        "Just tell us the evening before, and say if there's something you don't eat.",
        "That would be lovely. And the car, can it stay in the yard until Sunday?",
    ),
    (
        "So this is about the heating bill, is that right?",
        "It's twice what we paid last winter, and we were away for the whole of February.",
        "I see that the meter was estimated in March, and that estimate was far too high.",
        "So nobody came to read it? They told me on the phone that somebody had been.",
        "It looks as if they couldn't get in. "
        "If you send us a picture of the meter, the bill will be done again by Monday.",
        "And until then, do I have to pay it, or will somebody write to me about being late?",
    ),
    (
        "Did the doctor say how often you should take them?",
        "Three times a day, I believe, but my sister thinks it was only mornings and evenings.",
        "The label says twice, with food. Are you taking anything else at the moment?",
        "Only something for my knees, a white tablet, and the drops when the pollen is bad.",
        "Those go well together. If you feel dizzy when you stand up, sit down again, and give us a ring.",
        "I'll do that. Do you also have plasters, the ones that stay on in the water?",
    ),
    (
        "You would like to open an account for your daughter?",
        "Yes, she starts her first job in August, and they want a number before that.",
        "Then I need her passport, and a letter with the address. She has to sign here herself.",
        "She is in Leeds until the end of the month. Could she do it over there?",
        "Any branch will do. I'll start it now, and they will find it under her name when she comes in.",
        "Oh good. I was worried that we would have to do the whole thing again.",
    ),
    (
        "What seems to be wrong with it?",
        "It pulls to the left, and there's a noise at the back, but only when it's cold outside.",
        "A noise like a squeak, or more like something knocking?",
        "More of a rattle. My neighbour said it might be the exhaust, he had the same thing.",
        "We can lift it up tomorrow at nine. Looking costs nothing, and I'll call you before we touch anything.",
        "Tomorrow I need it until noon. Would the afternoon be possible, around two?",
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
