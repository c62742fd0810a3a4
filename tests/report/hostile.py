"""500 strings that try to be more than text: markup, quotes, templates, links, control and bidirectional characters."""

import random

CALL = "document.title='owned';window.owned=1;alert(1)"
SEEDS = [
    f"<script>{CALL}</script>",
    f"</script><script>{CALL}</script>",
    f"</style><script>{CALL}</script>",
    f"</title><script>{CALL}</script>",
    f"--><script>{CALL}</script><!--",
    f"<!--<script>{CALL}//-->",
    f"]]><script>{CALL}</script>",
    f'"><img src=x onerror="{CALL}">',
    f"'><img src=x onerror='{CALL}'>",
    f"<img src=x onerror={CALL}>",
    f'" onfocus="{CALL}" autofocus tabindex="1',
    f"' onmouseover='{CALL}' '",
    f"` onclick=`{CALL}` `",
    f"<svg onload={CALL}>",
    f"<svg><script>{CALL}</script></svg>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'>",
    "<iframe src=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><button autofocus>",
    "<style>*{display:none}</style>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "</li></ul></main></body></html>",
    "<dialog open><input autofocus>",
    "<template><b>",
    "<plaintext>",
    "<textarea>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    f"javascript:{CALL}",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x.png",
    "https://evil.example/x.png",
    "{{ 7 * 7 }}{{ cycler.__init__ }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{# gone #}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "__proto__",
    "constructor",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "&amp;lt;script&amp;gt;",
    "\\u003cscript\\u003e",
    "%3Cscript%3E %00 %",
    "a\x00b",
    "a\x1b[31mred\x1b[0m\x07",
    "a\r\nb\tc",
    "\u202egnp.exe\u202c",
    "\u2066\u2067isolate\u2069",
    "\u200bzero\u200dwidth\ufeff",
    "\u2028line\u2029paragraph",
    "\udcff\udc80 bytes in no encoding",
    "\ud83d lone",
    "عربى ‏ עברית",
    "ﷺ" * 40,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "\U0001f408\u200d\u2b1b 黒猫",
    "x" * 3000,
    "wide " * 300,
    "#?&=/\\:;,.+%20",
    "'\"`<>&",
    " ",
    ".",
    "..",
]


def strings(count=500):
    """The seeds, then mixtures of them, the same each time."""
    made, chance = list(SEEDS), random.Random(5)
    while len(made) < count:
        one, two = chance.choice(SEEDS)[:200], chance.choice(SEEDS)[:200]
        cut = chance.randrange(len(one) + 1)
        made.append(one[:cut] + two + one[cut:])
    return made[:count]
