# ruff: noqa: E501 - a pattern is one line, however long: broken up, it can't be read
"""What listening sounds like in English, as tables: one pattern a line; the text of `classify`, nothing else.

One rule: a pattern is written for what a recogniser gives (lower case, no punctuation but a `?` that somebody wrote,
sentences run together), and each act has its near misses in the tests.
`{x}` names a group of words of GROUPS. Patterns match whole words; `^` is the start of a sentence. `_` at a line's end
is a blank that must follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.values import ActKind

GROUPS: Final[Mapping[str, str]] = {
    "be": r"(?:is|are|was|were|'s|'re)",
    "aux": r"(?:is|are|was|were|do|does|did|have|has|had|can|could|would|will|should|might|shall|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|haven't|hasn't|can't|couldn't|wouldn't|won't|shouldn't)",
    "someone": r"(?:i|you|we|they|he|she|it|this|that|these|those|there|the|your|my|our|his|her|their|anyone|anybody|somebody|someone|everyone|everybody|everything|anything|something|people|a|an|any|either)",
    "polite": r"(?:can|could|would|will|might) (?:you|we|i)(?: please| just| maybe| perhaps| possibly| kindly)*",
    "so": r"(?:so|okay|ok|right|alright|well|and|but|then|now|um|uh|oh|yeah|yes|no|sure|sorry|great|good|fine|lovely|perfect|actually|just|i see|mm|hmm|thanks|thank you|please|sir|madam|because|also|or)",
    "hard": r"(?:frustrat\w+|upset\w*|annoy\w+|stress\w*|difficult|hard|tough|worr\w+|disappoint\w+|inconvenien\w+|confus\w+|scary|frighten\w+|awful|terrible|exhaust\w+|unpleasant|distress\w+|irritat\w+|painful|overwhelm\w+|embarrass\w+|unsettl\w+|nerve\w*|a shame|a nuisance|a lot|not easy|not nice|tiring|sad)",
    "deed": r"(?:send|call|ring|phone|email|e-mail|mail|text|write|check|look into|look at|find|get|fetch|bring|ask|arrange|sort|fix|follow|put|forward|order|book|pass|report|contact|refund|make sure|make certain|see to|speak|talk|print|chase|update|change|cancel|note|replace|prepare|hand|deliver|post|give you|let you know|let them know|tell|have it|have that|take care|escalate|raise|register|add|remove|credit|reserve|keep you|drop|do it|do that|do my best)",
    "done": r"(?:done|sorted|filled|updated|taken|sent|booked|arranged|fixed|changed|cancelled|canceled|put|printed|made|signed|completed|entered|saved|prepared|got|added|removed|set|refunded|credited|ordered|reserved|registered|found)",
    "soon": r"(?:today|tomorrow|tonight|this (?:morning|afternoon|evening|week)|by \w+|within|in (?:a|an|the|two|three|five|ten|\d+) \w+|before \w+|next week|shortly|straight away|right away|as soon as|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)",
}

# A question that leaves the answer to the other: what, how, why and their polite wrappings.
OPEN: Final = r"""
(?:{polite} )?tell (?:me|us) (?:a (?:little|bit|little bit) )?(?:more|about|what|how|why|everything|anything|in your own words)
(?:{polite} )(?:share|describe|explain|talk (?:me|us) through|walk (?:me|us) through|say (?:a (?:little|bit) )?more|give (?:me|us) (?:an example|an idea|some (?:background|context|detail|details)|a sense)|elaborate|expand|help me understand)
^(?:{so} )*(?:please )?(?:describe|explain|elaborate|say more|walk me through|talk me through|help me understand)
(?:do you (?:mind|want to)|would you (?:mind|like to)) (?:tell|telling|share|sharing|describ\w+|explain\w*|talk\w*)
(?:i'd|i would|i want|interested|curious) (?:like |love |really like )?to (?:know|hear|understand) (?:more|what|how|why|about)
what other \w+ (?:is|are|was|were) there
i(?:'m| am| was| wonder| guess i'm)? ?(?:just )?(?:wondering|curious|interested in|wonder) (?:what|how|why|about) (?!time\b|much\b|many\b|long\b|old\b|far\b)
(?:wonder|wondering|maybe|perhaps|hoping) (?:if |whether )?you(?:'d| could| can| would| might)(?: be willing to| like to| just| maybe)* (?:tell|talk|describe|explain|share|say (?:a|more|something)|walk|take (?:me|us) through|start by (?:telling|saying)|help (?:me|us) understand)
(?:let's|let us) (?:hear|start with) what you
what (?:exactly |else |kind of \w+ |sort of \w+ |kinds of \w+ |sorts of \w+ )?(?:'s|is|are|was|were) (?:it like|on your mind|happening|going on|the (?:problem|matter|issue|trouble|reason|story|situation|concern|background|best part|worst part)|wrong|troubling|bothering|worrying|important|your (?:\w+ )?(?:favou?rite|concerns?|thoughts?|goals?|worry|worries|view|experience|opinion|feelings?|plans?|idea|ideas|hopes?|reasons?|impression|biggest|main|understanding))
what's (?:it like|on your mind|happening|happened|going on|the (?:problem|matter|issue|trouble|reason|story|situation|concern)|wrong|troubling|bothering|worrying|important|your (?:\w+ )?(?:favou?rite|concern|thoughts?|goal|worry|view|experience|opinion|plan|idea|impression|biggest|main))
(?<!know )(?<!see )(?<!understand )(?<!that's )(?<!is )what (?:exactly |else |then |kinds? of \w+ |sorts? of \w+ |other \w+ |\w+s )?(?:do|does|did|can|could|would|will|should|might|have|has|had|are|were|is|was) (?:i|you|we|they|he|she|it|that|this|the|your|people|someone)(?! name| number| address| date)
(?<!know )(?<!see )(?<!understand )(?<!that's )(?<!is )(?<!about )what (?:else )?(?:happened|happens|changed|makes|made|brings|brought|went|led|leads|helps|helped|worked|works|caused|causes|stops|stopped|worries|concerns|bothers|matters)
what (?:about|if)(?= |$|\?)
^(?:{so} )*what else
(?:^(?:{so} )*|{so} )how (?!about|many|much|long|often|old|far|big|tall|late|soon|frequently|come$|to\b|frustrating|hard|difficult|upsetting|annoying)(?:else |exactly |then |well |important |confident |ready )?(?:{aux}|'s|'d)
^how (?:may|can|could) (?:i|we) help
(?<!know )(?<!that's )how (?:have|did|do|does|are|were|was|is|would|could|can|will) (?:you|your|they|he|she|things)(?! (?:old|long|many|much|often|far)\b)
(?:^(?:{so} )*|{so} )(?:how|why)(?:'s|'d|'re|'ve) (?!about\b|many\b|much\b|long\b|often\b|old\b|far\b)
what(?:'ve|'d|'re) (?:you|we|they|he|she|it|that|the|your)
(?:^(?:{so} )*|{so} )how (?:come|about you|about your|so\b|else)
(?:^(?:{so} )*|{so} )why (?:{aux}|not|exactly|that|is|so|now)
(?<!know )(?<!that's )(?<!is )why (?:do|did|does|are|were|was|is|would|might|have) (?:you|we|they|he|she|it|that|the|your)
(?:^(?:{so} )*|{so} )(?:how so|in what (?:way|ways|sense))\b|in what ways?$
(?:any|some|your) (?:thoughts|ideas) (?:on|about)
"""

# A question whose answer is yes, no, a choice or one fact.
CLOSED: Final = r"""
(?<!what )(?<!how )(?<!why )(?<!where )(?<!when )(?<!who )(?<!as )(?<!so )(?<!than )(?<!neither )(?<!nor )(?<!else )(?<!all )(?<!way )(?:do|did|don't|didn't|are|aren't|were|weren't|have|haven't|had|can|can't|could|couldn't|would|wouldn't|will|won't|should) you(?!'| too$| then$)
(?<!what )(?<!how )(?<!why )(?<!where )(?<!when )(?<!so )(?<!all )(?<!what else )(?<!neither )(?<!than )(?<!as )(?:can|could|may|shall|should) (?:i|we) (?!be honest)
^(?:{so} )*(?!have (?:a|an|the|your|my|any|some|this|that|it) )(?:{aux}|may|must|am) {someone}(?= )
^(?:{so} )*(?:{aux}) (?:[a-z]+ )?(?:[a-z]+ )?{someone}.*\?
(?:^(?:{so} )*|{so} )(?:when|where|who|which|whose) (?:\w+ )?(?:{aux}|'s|'d)(?= )(?! you (?:say|said|mentioned|are|were|have|had) \w+ i)
(?:^(?:{so} )*|{so} )(?:where's|who's|when's|which one|which of|whereabouts|since when|who (?:said|told|gave|took|sent|wants))
how (?:many|much|long|often|old|far|big|tall|late|soon|frequently|early) (?:\w+ )?(?:\w+ )?(?:{aux}|ago|late)\b
how (?:many|much|long|often|old|far|big|tall|late|soon|frequently|early)\??$
what(?:'s| is| was| are) (?:the |your |his |her |their |my )?(?:\w+ )?(?:name|number|address|date|birthday|postcode|zip code|time|price|size|colou?r|total|amount|email|phone|age|reference|account|surname|code)\b
what (?:time|day|date|size|colou?r|number|name|year|month|kind|type|sort|address|model|price|floor|seat|city|area|town)(?: \w+)*? {aux}
^(?:{so} )*what (?:time|day|date|size|colou?r|number|name|year|city)\??$
(?<!saying )(?<!hearing )(?:is|was|isn't|wasn't) (?:that|this|it) (?:right|correct|okay|ok|all right|alright|everything|all|so|true|the|a|your|for|in|on|because|under)(?= |$|\?)(?<!what is it the)
(?:isn't|aren't|wasn't|weren't|don't|doesn't|didn't|haven't|hasn't|can't|won't|wouldn't|couldn't|shouldn't) (?:it|you|they|he|she|we|that|there|i)\??$
\w+ \w+ .*(?<!that's )(?<!you're )(?<!all )(?<!quite )(?<!is )(?:right|correct|yes|yeah|no|okay|or not)\?$
\byou\b.* (?<!that's )(?<!all )(?<!quite )(?<!it )(?<!be )right$
^(?:{so} )*(?:is there )?(?:anything|anyone|any \w+) (?:else|more|other)(?! (?:we|i) (?:can|could) do (?:is|would))
is there (?:anything|something|someone|any)
^(?:{so} )*(?:you mean|do you mean|meaning|cash or|card or|\w+ or \w+$)
i(?:'m| am| was) (?:just )?wondering (?:if|whether) (?!you(?:'d| could| can| would| might) (?:be |like |just |maybe )*(?:willing|tell|talk|describe|explain|share|say|walk))
i wonder (?:if|whether) (?:you(?:'ve|'re| have| had| ever| feel| felt| think| want| are| were| did| do|'d like)|that|this|there|it(?:'s| is| was))
\w+ .* (?<!so )(?<!neither )(?<!nor )(?<!as )(?<!than )(?<!that )(?<!this )(?<!how )(?<!like )(?:(?:is|was|has|does) it|(?:is|was|did|does|has|had|would|will|can|could) s?he|(?:are|were|do|did|have|had|would|will|can) (?:they|we)|(?:is|was|are|were) there)$
(?:am|have|did|do) i (?:right|wrong|getting|hearing|reading|(?:got|get|have|heard|hear|understood|understand) (?:that|it|this|you) (?:right|correctly))
scale (?:of|from) .*how (?!come)\w+
(?:^(?:{so} )*|{so} )what's (?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|\d+)_
(?:where|when|which|which \w+|who) (?:would|do|did|are|is|can|could|should|will|was|were) (?:you|i|we|it|they|he|she|that|this)
(?<!what )(?<!how )(?<!why )(?<!where )(?<!when )(?<!who )(?<!thing )(?:do|does|did) (?:this|these|that|those|it|they|he|she) (?!too$)
how about (?!you\b|your)
how (?:does|do|did|would) .* (?:sound|suit you)
(?:^(?:{so} )*|{so} )(?:in|at|for|to|from|on|till|until|by|with|under) (?:what|which|whom|whose)\b
^(?:{so} )*(?:any|some) (?:preference|preferences|particular|specific|idea|questions|allergies)
^(?:{so} )*where to\b
wanna\b
\w+ \w+ .*(?<!that's )(?<!that is )(?<!you're )(?<!is )(?<!it's )correct$
^(?:{so} )*(?:want|need|got|ready|done|okay with|happy with|sure about) .*\?
"""

# Everything that is no question; looked for in each sentence.
PATTERNS: Final[Mapping[ActKind, str]] = {
    "follow_up": r"""
(?:and|so|okay|but) (?:what|how|where|who|when|why) (?:\w+ )?(?:happened|{aux}) .*?(?:then|next|after|afterwards|from there)
(?:and )?(?:then what|what (?:happened|happens|came) (?:then|next|after)|what next|and after that|and before that)
^(?:{so} )*and (?:what|how|why|where|when|who)_
tell me (?:a (?:little|bit|little bit) )?more
(?:say|share|hear|know) (?:a (?:little|bit) )?more
you (?:mentioned|said|were saying|talked about|told me) .* (?:what|how|why|when|where|who|could you|can you|tell me)_
^(?:{so} )*(?:what|how|who|where|anything|what about) else (?!(?:can|could|may) (?:i|we) (?:help|do))(?:{aux}|happened|did|do you)
how did (?:that|it|they|he|she) (?:go|make|feel|turn|end|work|react|respond|come)
and (?:did|was|were|is|are|has|have) (?:that|it|they|he|she)_
""",
    "clarification": r"""
when you say_
what (?:do|did|does) (?:you|that|it|this) (?:\w+ )?mean
(?:do|did) you mean
(?:can|could|would) (?:you|i) (?:please |just )?(?:clarify|repeat|spell|rephrase|say that again|say it again)
(?:explain|tell me) what you mean
(?:just )?to clarify
(?:what|which|where|when|how|who) exactly|exactly (?:what|which|where|when|how)
(?:not sure|don't think) i (?:quite )?(?:follow|understand|understood|caught|got)_
(?:sorry|pardon|so) (?:was|is|did you say|you said) (?:that|it|this) .* or_
did you say
^(?:{so} )*which (?:one|of|\w+ (?:do|did|would|are|were|is|was))
i didn't (?:quite )?(?:catch|hear|get) (?:that|you|what|your)
""",
    "paraphrase": r"""
what (?:i'm|i am) (?:hearing|understanding|getting)
so (?:basically |really )?what you(?:'re| are)? saying(?: is)?
what i (?:hear|heard|understand) (?:you |is)
(?:i'm|i am) hearing (?:that |you )
(?:it|that) (?:sounds|sounded|seems|looks|feels) (?:to me )?(?:like|as if|as though|that) (?:you|there|it|this|that|the|your|a|he|she|they|things|we)
^(?:{so} )*(?:sounds|seems|looks) like (?:you|it|there|that|the|your|he|she|they|things)
(?:it|that) (?:sounds|seems) (?:very |really |so |quite |pretty )?(?:important|{hard})
you(?:'re| are) saying (?:that |it |the |you |they |your |there |he |she )
if i(?:'ve| have)? (?:understand|understood|heard|got|hear|get) (?:you |it |that |this |you're )?(?:right|correctly|well|you)?
^(?:{so} )*you (?:mentioned|said|told me|were saying|were telling me|described) (?!something else)
(?:so|and|but) (?:basically |really |actually |maybe |on (?:the )?one hand )?you(?:'re| are|'ve| have| feel| felt|'d| would) (?!welcome|right|all set|going to (?:need|have)|need to|have to|done|ready|required|supposed|able to|good to)(?:not |been |really |a bit |feeling |trying |looking |having |worried |getting |still |already |very |like |rather |to )
(?:so|and|but) (?:basically |really |actually |maybe )?you (?:feel|felt|want|wanted|don't|didn't|really|thought|think|hoped|expected|believe|value|care|wish|tried|never got|can't|couldn't) (?!to know (?:what|how)|need|have to)
^you(?:'re| are) (?:feeling|worried|concerned|hoping|looking for|trying to|having trouble|struggling|frustrated|upset|thinking|wondering|finding|afraid|tired of|torn|disappointed|unhappy|not happy|not sure)
^(?:{so} )*you (?:feel|felt|seem|want(?:ed)? (?:to|a|the|your)|would rather|have(?:n't| not) (?:received|heard|had))_
in other words|so from your (?:point of view|side|perspective)|from what you(?:'ve| have)? (?:said|told|described|tell me)
part of you|a part of you|you really (?:want|care|value|love|miss)
""",
    "summary": r"""
(?:make|be|making) sure (?:that )?(?:i|we|i've|we've)(?:'ve| have)? (?:got|get|have|understand|understood|heard|caught)
to (?:sum|summari[sz]e|recap|wrap) (?:up|it|this|that|what|everything|all)?
(?:let me|let's|i'll|i will|can i|if i (?:may|can|could)|shall i|may i)(?: just| quickly)* (?:sum|summari[sz]e|recap|repeat|go over|run through|read (?:that|it|this|back)|check (?:that )?i(?:'ve| have)? (?:got|understood))
in (?:summary|short|a nutshell)
(?:just )?to (?:confirm|double check|repeat) (?:what|everything|that|all|the details|you|your|i)
(?:please )?confirm (?:the following|that you|you (?:want|would|need)|your (?:booking|order|details|reservation))
so (?:far|all in all|all together|altogether|overall)(?: \w+)? (?:you|we|i)(?:'ve|'re| have| are| want| said)?
(?:there are|you've (?:told me|mentioned)) (?:two|three|four|several) (?:things|points)
(?:have|did) i (?:got|get|understood|missed|miss|left|covered|captured) (?:that|everything|anything|it|all)
""",
    "empathy": r"""
(?:can|could|do)? ?(?:see|imagine|understand|appreciate|know|tell) (?:\w+ )?(?:how|why|that)(?: \w+){{0,6}} {hard}
(?:must|can|could|would) (?:be|feel|have been|have felt) (?:\w+ )?{hard}
(?:that|this|it)(?:'s| is| was| sounds| seems| must be|'s been| has been) (?:\w+ )?(?:\w+ )?(?<!not )(?:{hard})(?! to (?:say|find|get|read|see|do|tell))
how {hard} (?:this|that|it)
i(?:'m| am) (?:\w+ )?sorry (?:to hear|about|that|for|you|this|it)
sorry (?:to hear|about (?:that|this|the|your|all)|for (?:the|your|any|that|this|all|making|keeping)|you (?:had|have|were))
(?:i|we) (?:do |really |sincerely |truly )?apologi[sz]e
my apologies
(?:i|we) (?:can |do |completely |totally |fully |really |absolutely |quite )+(?:understand|appreciate|sympathi[sz]e|relate)(?! (?:you need|you want to|the form))
i understand (?:how|why) (?:you|this|that|it|they)(?! (?:need|want|filled))
i understand (?:your|the) (?:frustration|concern|worry|disappointment|anger|position|situation)
thank you (?:so much |very much )?for (?:bringing|telling|letting|sharing|your patience|being (?:so )?patient|waiting|bearing|pointing|raising|your honesty|trusting|explaining|understanding|your understanding)
thanks (?:so much |a lot )?for (?:bringing|telling|letting (?:me|us)|sharing|your patience|being patient|waiting|bearing|pointing|raising)
(?:i'd|i would|anyone would|anybody would) (?:be|feel) (?:\w+ )?(?:the same|{hard}|angry|cross|that way)
(?:you have|you've|that's) (?:every right|a good reason|every reason|completely understandable|perfectly understandable|totally understandable|understandable)
(?:i'm|i am) (?:so |really |very )?(?:glad|happy|pleased) (?:to hear|for you|you told|that you)
(?:take your time|there's no rush|no rush at all|don't worry)
""",
    "promise": r"""
(?:i|we)(?:'ll| will| shall)(?: also| just| then| now| personally| definitely| certainly| make sure to| go and| try to| be sure to)* (?!need|have to|be honest|say)(?:{deed})\b
(?:i'm|i am|we're|we are) going to (?:also |just |personally )?(?:{deed})\b
you(?:'ll| will) (?:have|get|receive|hear|be (?:called|contacted|refunded|notified)) .*{soon}
(?:it|that|this|they)(?:'ll| will) be (?:\w+ )?(?:ready|there|sent|done|delivered|refunded|fixed|sorted|with you)
(?:i|we) (?:can )?(?:promise|guarantee|assure you)
leave (?:it|that|this) (?:with|to) me
you have my word
(?:i'll|i will|we'll|we will) (?:be|get) (?:back|in touch|right back)
""",
    "call_back": r"""
(?:call|ring|phone|telephone|text|email|contact) (?:you|him|her|them) back
give (?:you|him|her|them) (?:a|another) (?:call|ring|bell)
(?:call|ring|phone) you (?:when|as soon|once|later|tomorrow|today|this|in (?:an|a|the)|on|after|before|with|at)
get back to you
(?:a|offer you a|arrange a|book a|schedule a|request a) (?:call back|callback|call-back|return call)
be in touch|get in touch with you
""",
    "ease": r"""
(?:i|we)(?:'ve| have) (?:already |just |now |also |gone ahead and )*(?:{done}) (?:\w+ )*?(?:for you|already|on your behalf|to save you)
(?:i|we)(?:'ve| have) (?:already |just |now |also |gone ahead and )*(?:done|sorted|taken care|filled|booked|arranged|cancelled|canceled|refunded|updated|signed|fixed|completed) (?:it|that|this|of|the|your|all|everything|in)
(?:i|we)(?:'ve| have) already (?:{done})
you (?:won't|don't|needn't|will not|do not|wouldn't|shouldn't|no longer)(?: actually| even)? ?(?:need|have)? ?to (?:\w+ )?(?:do|fill|come|wait|bring|pay|call|sign|worry|queue|go|print|send|explain|repeat|prove|provide|ring|return|start|register|apply|show|write|give|stand|buy|phone|email|contact|book|pick)
you needn't \w+
(?:there's |there is )?no need (?:to|for you)
(?:it's|that's|everything's|you're|it is|that is|everything is|you are) (?:now )?(?:all )?(?:sorted|taken care of|all set|all done|done for you)
(?:to )?save you (?:the|a|some|any|having|from|time|waiting|coming)
(?:i|we)(?:'ll| will| can) (?:do|fill|take care of|handle|sort|carry|complete) (?:\w+ )?(?:\w+ )?(?:\w+ )?for you
(?:make|making) (?:it|this|that|things) (?:\w+ )?easier
all done for you
""",
    "rush": r"""
next (?:please|customer|person|in line|in the queue)(?! (?:who|will|that|is))
(?:who's|who is) next(?! to)|next one please|^(?:{so} )*next$
hurry (?:up|please|along)|please hurry|can you hurry|(?:make it|be|bit|please be) (?:quick|brief|quicker)(?!ly)
(?:i|we) (?:don't|do not|haven't|really don't|have no|haven't got)(?: have| got)?(?: the| much| any| a lot of)? time (?!to lose|limit)
(?:i|we) (?:don't|haven't) (?:have|got) (?:all day|the time|time)
(?:i've|i have|we've|we have) (?:got )?(?:\w+ )?(?:other )?(?:people|customers) (?:waiting|to serve|behind)
there(?:'s| is| are) (?:a (?:long )?(?:queue|line)|(?:\w+ )?people) (?:waiting |behind )
(?:get to|come to|what's) (?:the|your) point|to the point please
(?:speed|move|hurry) (?:it|this|things) (?:up|along)|(?:we|i) (?:need|have|must) to (?:move|get|press) on|moving on then
(?:as i was saying|let me finish|just answer|just tell me (?:yes|what you want)|just give me the|yes or no)
is that (?:all|it) then|that's all then|(?:are you|you) (?:done|finished)(?: yet)?\??$
come on(?: then| now)?$|keep it (?:short|brief)|in a hurry here
""",
    "judgement": r"""
you (?:really |probably |obviously )?(?:should|could|might)(?:n't)?(?: not)?(?: have|'ve| of) (?!received|gotten?|a |an |the |your |it |no |two |any |some |had |one |more |been (?:sent|told|given|charged|contacted|informed))\w+
you should(?:'ve| have| of) (?:got|had|been) (?:here|more|it|them|there|that)_
you (?:ought|need) to have \w+
why (?:didn't|don't|haven't|couldn't|can't|wouldn't|would|did) you (?!like|prefer|choose|want|say|think|feel|decide)
you(?:'re| are| were) (?:supposed|meant) to (?!get|receive|be getting)
(?:that's|that is|it's|it is|this is) (?:\w+ )?your (?:own )?(?:fault|problem|mistake|responsibility|doing)
(?:not|isn't) (?:my|our) (?:fault|problem|responsibility|job)
^(?:{so} )*you (?:always|never|people|clearly|obviously|just don't) (?!get to|mind|know what|welcome)\w+
(?:as )?i(?:'ve| have)? (?:already|just) (?:told|said|explained|went over)(?: that| this| it)? ?(?:to )?(?:you|that|this)?$
(?:as )?i(?:'ve| have)? (?:already|just) (?:told|explained to) you
calm down|don't (?:be (?:so |like )?\w+|raise your voice|take that tone|get (?:upset|angry))(?<!be sorry)(?<!be shy)(?<!be late)(?<!be afraid)
(?:everyone|everybody|anyone|other people|most people) (?:else )?(?:manages|knows|can|understands) (?:to|that|it|do)
how (?:could|can) you (?:not|forget|lose|miss|let)
if you(?:'d| had) (?:just |only |actually )?(?:read|listened|checked|come|called|told|brought|looked|asked|waited)
you must have (?:\w+ )?(?:forgotten|lost|made|done|typed|entered|missed|misread|misunderstood|got it wrong)
(?:it's|that's|that is|it is) (?:just )?(?:common sense|obvious|ridiculous|nonsense|silly|stupid|wrong of you)
you(?:'re| are) (?:wrong|mistaken|overreacting|exaggerating|being (?:\w+ )?(?:difficult|unreasonable|rude|silly|dramatic))
""",
}

# Acknowledgement: the whole utterance is made of these, or it begins with one of the strong ones.
NODS: Final = r"""
i see
go on
go ahead
carry on
mm-?hm+
m+ ?hm+
m+
mh?m+
h+m+
uh-? ?huh
uh
um
huh
ah+
oh
aha
right
okay
ok
alright
all right
yeah
yes
yep
yup
sure
of course
i understand
understood
got it
i get it
i hear you
i'm listening
i'm with you
i follow
makes sense
that makes sense
fair enough
absolutely
exactly
definitely
certainly
indeed
true
really
wow
gotcha
please continue
continue
i know what you mean
good point
no problem
noted
"""

STRONG_NODS: Final = r"""
i see(?= (?:so|and|but|okay|well|thank|thanks|then|yes|yeah|right|i|that's|that must|how long|what happened)\b)
mm-?hm+
mhm+
uh-? ?huh
i hear you
got it
i'm listening
that makes sense
fair enough
understood
"""

# Alone, these are a hesitation or a doubt, not a nod.
NO_NOD_ALONE: Final = frozenset({"uh", "um", "oh", "huh", "ah"})

ENGLISH: Final = Language(GROUPS, OPEN, CLOSED, PATTERNS, NODS, STRONG_NODS, NO_NOD_ALONE)
