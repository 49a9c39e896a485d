"""
Texts that would run a script, make an element or break a frame if a page let them.

They are made of the classic families: each way out of the place where a text stands,
with each thing that runs. `alert(1)` is what runs; an element that an attack makes has
the class `intruder`, or is of a kind that no page of the admin has.
"""

from functools import cache
from itertools import product

RUN = "alert(1)"
QUICK = f"class=intruder onload={RUN}"

# Ways out of a text, an attribute, a comment, a block of text, and a script.
EXITS = [
    "",
    '">',
    "'>",
    "\"'>",
    " >",
    "-->",
    "]]>",
    "</pre>",
    "</textarea>",
    "</title>",
    "</style>",
    "</script>",
    "</option></select>",
    "</td></tr></table>",
    "*/</script>",
    "\\\"'></script>",
]
# Elements that run something by themselves.
ELEMENTS = [
    f"<script class=intruder>{RUN}</script>",
    f"<img class=intruder src=x onerror={RUN}>",
    f"<svg {QUICK}>",
    f"<body {QUICK}>",
    "<iframe class=intruder srcdoc=x>",
]
# Elements in other spellings, or that run when they are used, shown or sent.
RARE = [
    f"<ScRiPt class=intruder>{RUN}</sCrIpT>",
    f"<script\nclass=intruder>{RUN}</script\n>",
    f"<script/class=intruder>{RUN}</script/>",
    "<script class=intruder src=//127.0.0.1/x.js></script>",
    "<script class=intruder src=data:,alert(1)></script>",
    f"<<script class=intruder>{RUN}//<</script>",
    f"<scr<script class=intruder>ipt>{RUN}</scr</script>ipt>",
    f"<img/class='intruder'/src='x'/onerror={RUN}>",
    f"<img class=intruder src=x\tonerror\n=\r{RUN}>",
    f"<IMG CLASS=intruder SRC=x ONERROR={RUN}>",
    f"<image class=intruder src=x onerror={RUN}>",
    "<img class=intruder src=x onerror=&#97;lert(1)>",
    "<img class=intruder src=x onerror=\\u0061lert(1)>",
    f"<svg><script class=intruder>{RUN}</script></svg>",
    f"<svg><animate class=intruder onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set class=intruder onbegin={RUN} attributeName=x>",
    "<svg><use class=intruder href='data:image/svg+xml,x'></use></svg>",
    "<svg><a class=intruder xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    f"<svg><foreignObject class=intruder><img onerror={RUN} src=x></foreignObject></svg>",
    "<math class=intruder href=javascript:alert(1)>x</math>",
    "<math><mtext><table><mglyph><style><img class=intruder src=x></style>",
    f"<audio class=intruder src=x onerror={RUN}>",
    f"<video class=intruder><source onerror={RUN}></video>",
    f"<input class=intruder autofocus onfocus={RUN}>",
    f"<select class=intruder autofocus onfocus={RUN}></select>",
    f"<textarea class=intruder autofocus onfocus={RUN}></textarea>",
    f"<details class=intruder open ontoggle={RUN}>x</details>",
    f"<marquee class=intruder onstart={RUN}>x</marquee>",
    f"<p class=intruder onmouseover={RUN}>x</p>",
    f"<p class=intruder style=animation:x onanimationstart={RUN}>x</p>",
    "<p class=intruder style=background:url(javascript:alert(1))>x</p>",
    "<style class=intruder>*{display:none}</style>",
    "<link class=intruder rel=stylesheet href=//127.0.0.1/x.css>",
    "<meta class=intruder http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base class=intruder href=//127.0.0.1/>",
    "<form class=intruder action=javascript:alert(1)><button>x</button></form>",
    "<button class=intruder formaction=javascript:alert(1)>x</button>",
    "<object class=intruder data=javascript:alert(1)></object>",
    "<embed class=intruder src=javascript:alert(1)>",
    "<iframe class=intruder src=javascript:alert(1)></iframe>",
    "<template class=intruder><img src=x></template>",
    "<noscript><p title='</noscript><img class=intruder src=x>'>",
    "<xss class=intruder tabindex=1 autofocus onfocus=alert(1)>",
    "<!--><img class=intruder src=x>-->",
    "<a class=intruder href=javascript:alert(1)>x</a>",
]
# Addresses that a link might take over as they are.
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript://%0aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script class=intruder>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "//127.0.0.1/x",
    "../../../admin/logout/",
    "?p=after-1&q=<img class=intruder src=x>",
    '#"><img class=intruder src=x>',
]
# Further attributes, for a value that is not quoted or whose quotes are not escaped.
ATTRIBUTES = [
    f"x{quote}{space}{attribute}{space}x={quote}"
    for quote, space, attribute in product(
        ['"', "'", ""],
        [" ", "\t"],
        [
            f"onmouseover={RUN}",
            f"autofocus{chr(9)}onfocus={RUN}",
            f"style=animation:x onanimationend={RUN}",
        ],
    )
]
# What templates, formats and scripts would take for theirs.
LANGUAGES = [
    "{{ 7|add:7 }}{% load static %}",
    "{% include 'admin/base.html' %}",
    "{{ request.user.password }}",
    "{0.__class__.__init__.__globals__}",
    "%(password)s %s %n %x",
    "${alert(1)} #{alert(1)}",
    "`${alert(1)}`",
    "';alert(1);//",
    '";alert(1);//',
    "\\';alert(1);//",
    '"}]};alert(1);//',
    '{"__proto__": {"intruder": 1}}',
    "</script><!--<script>",
    "*/alert(1)/*",
    "&lt;img class=intruder src=x onerror=alert(1)&gt;",
    "&#60;img class=intruder src=x&#62;",
    "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
    "%3Cimg class=intruder src=x%3E",
    "\\x3cimg class=intruder src=x\\x3e",
    "\\u003cimg class=intruder src=x\\u003e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "' OR 1=1; --",
    "$(reboot) `reboot` | reboot",
]
# Ends of lines, directions, marks and what looks like `<`.
CHARACTERS = [
    "a\r\nContent-Type: text/html\r\n\r\n<img class=intruder src=x>",
    "a\rSet-Cookie: intruder=1",
    "a\n\ndata: intruder\n\n",
    "a\x0b\x0c\x1c\x85b",
    "a\u2028alert(1)\u2029b",
    "\u202e<gpj.exe\u202c",
    "\u2066<img class=intruder src=x>\u2069",
    "\u200b<\u200bscript>\ufeff",
    "\uff1cimg class=intruder src=x\uff1e",
    "\u2039script\u203a\u02bcx\u02ba",
    "a\u0338<\u0338script>",
    "\x7f\x1b[31m\x01<img class=intruder src=x>",
    "\\0\\x00%00\u2400<img class=intruder src=x>",
    "\U000e0001\U0001f3f4\U000e0067 \U0001f469\u200d\U0001f680",
    "x" * 60 + "<img class=intruder src=x>",
]

ATTACKS = [
    *(f"{way_out}{element}" for way_out, element in product(EXITS, ELEMENTS)),
    *RARE,
    *(f'">{element}' for element in RARE[:10]),
    *ADDRESSES,
    *ATTRIBUTES,
    *LANGUAGES,
    *CHARACTERS,
]


@cache
def packs(length: int) -> list[str]:
    """Return texts of at most `length` characters that hold all the attacks together."""
    found = [""]
    for attack in ATTACKS:
        if found[-1] and len(found[-1]) + 1 + len(attack) > length:
            found.append("")
        found[-1] = f"{found[-1]} {attack}" if found[-1] else attack[:length]
    return found
