"""The same kind of letter in many charsets: encoded words B and Q, raw 8-bit fields, SMTPUTF8."""
from . import mime
from .everyday import YOU
from .mime import Dice, common, crlf, message, multipart, part, text

LETTERS = [
    ("utf-8", "Grüße aus Málaga – fünf Bilder ☀️", "Hallo,\n\nhier scheint die Sonne. Łódź war kälter.\nBis bald 👋\n"),
    ("iso-8859-1", "Schöne Grüße von der Küste", "Hallo,\n\ndie Fähre fährt täglich um zwölf.\nÀ bientôt, señor!\n"),
    ("iso-8859-2", "Żółta łódka i święto", "Cześć,\n\nprzyjeżdżamy w sobotę około południa.\nDěkuji, příště přivezu víno.\n"),
    ("iso-8859-5", "Привет с дачи", "Здравствуйте,\n\nяблоки уже поспели. Приезжайте в субботу.\n"),
    ("iso-8859-7", "Καλημέρα από τη Θεσσαλονίκη", "Γεια σου,\n\nτο πλοίο φεύγει στις οκτώ.\nΦιλιά\n"),
    ("iso-8859-8", "שלום מחיפה", "שלום,\n\nהאונייה יוצאת בשמונה.\nלהתראות\n"),
    ("iso-8859-15", "Prix : 25 € par personne, œufs compris", "Bonjour,\n\nle dîner coûte 25 €. Šárka vient aussi.\n"),
    ("windows-1251", "Встреча в четверг – не забудьте", "Добрый день,\n\nвстречаемся у входа в 18:30 — билеты у меня.\n"),
    ("windows-1252", "“Smart quotes” – and a €5 voucher…", "Dear reader,\n\nit’s the “little things” – like a €5 voucher…\n"),
    ("koi8-r", "Рецепт борща", "Привет!\n\nСвёкла, капуста, картофель, лук и терпение.\n"),
    ("iso-2022-jp", "土曜日の散歩について", "こんにちは、\n\n土曜日の朝八時に駅で会いましょう。\nよろしくお願いします。\n"),
    ("shift_jis", "ご注文ありがとうございます", "お客様、\n\nご注文の商品を発送いたしました。\n到着までお待ちください。\n"),
    ("euc-kr", "주말 산책 안내", "안녕하세요,\n\n토요일 아침 여덟 시에 역에서 만나요.\n감사합니다.\n"),
    ("gb2312", "周末散步通知", "你好，\n\n星期六早上八点在车站见面。\n谢谢。\n"),
    ("gb18030", "发票与收据（含附件）㐀", "您好，\n\n附件是本月的发票，请查收。䶮\n"),
    ("big5", "訂單確認通知", "您好，\n\n您的訂單已經確認，三天內送達。\n謝謝。\n"),
    ("iso-8859-9", "İyi günler, şişe ve çiçek", "Merhaba,\n\ncumartesi günü saat sekizde istasyonda buluşalım.\n"),
    ("windows-1256", "دعوة إلى العشاء", "مرحبا،\n\nالعشاء يوم الخميس الساعة الثامنة.\n"),
    ("tis-620", "ขอบคุณสำหรับคำสั่งซื้อ", "สวัสดี\n\nสินค้าของคุณถูกจัดส่งแล้ว\n"),
]

NAMES = {"iso-8859-8": "iso-8859-8-i"}


def charsets():
    for number, (charset, subject, body) in enumerate(LETTERS):
        label = NAMES.get(charset, charset)
        for kind in ("B", "Q", "raw"):
            dice = Dice(f"charset-{charset}-{kind}")
            pairs = common(dice, "friend@example.test", YOU, "", 20 + number * 97 + ord(kind[0]))
            fields = dict(pairs)
            if kind == "raw":
                fields["From"] = subject[:6].encode(charset).replace(b'"', b"") + b" <friend@example.test>"
                fields["Subject"] = subject.encode(charset)
                content = part(f"text/plain; charset={label}", crlf(body, charset), "7bit" if charset == "iso-2022-jp" else "8bit")
            else:
                fields["From"] = f"{mime.word(subject[:6].strip(), charset, kind)} <friend@example.test>"
                fields["Subject"] = mime.word(subject, charset, kind)
                encoding = "base64" if kind == "B" else "quoted-printable"
                html = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={label}"></head><body><p>' + body.replace("\n", "<br>\n") + "</p></body></html>\n"
                content = labelled(text(body, charset=charset, encoding=encoding), charset, label)
                if number % 2:
                    content = multipart("alternative", mime.boundary(dice), content, labelled(text(html, "html", charset, encoding), charset, label))
            yield f"charsets/{charset}-{kind.lower()}", message(fields.items(), content)
    yield from words()


def labelled(data, charset, label):
    return data.replace(f"charset={charset}".encode(), f"charset={label}".encode(), 1)


def words():
    """Encoded words as clients write them: mixed with text, split inside a character, unknown charsets, bad ends, SMTPUTF8 addresses."""
    subjects = [
        ("mixed", "Re: =?utf-8?Q?Caf=C3=A9?= at noon =?iso-8859-1?Q?=FCber?= all"),
        ("adjacent", "=?utf-8?Q?one?= =?utf-8?Q?two?=\r\n =?utf-8?Q?three?="),
        ("split-character", "=?utf-8?B?R3LDvMOD?= =?utf-8?B?nw==?= =?utf-8?Q?gr=C3?= =?utf-8?Q?=BC?="),
        ("unknown-charset", "=?x-nobody-knows?Q?Gr=FC=DFe?="),
        ("unclosed", "=?utf-8?Q?never closed"),
        ("spaces-inside", "=?utf-8?Q?two words?="),
        ("bad-base64", "=?utf-8?B?R3Lkj!!*?= end"),
        ("no-padding", "=?utf-8?B?R3LDvMOfZQ?="),
        ("language", "=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?="),
        ("lowercase", "=?UTF-8?q?gr=c3=bc=c3=9fe?= =?Utf-8?b?w6Q=?="),
        ("in-quotes", '"=?utf-8?Q?quoted_=C3=A4?="'),
        ("longer-than-75", "=?utf-8?Q?" + "=C3=A4" * 40 + "?="),
        ("escape-left-open", "=?iso-2022-jp?B?GyRCPXE=?= =?iso-2022-jp?B?GyRCQE4=?="),
    ]
    for number, (name, subject) in enumerate(subjects):
        dice = Dice(f"word-{name}")
        yield f"charsets/word-{name}", message(common(dice, '=?utf-8?Q?Fr=C3=A4nd?= <friend@example.test>', YOU, subject, 33 + number * 131), text("See the subject.\n"))
    dice = Dice("smtputf8")
    pairs = dict(common(dice, "x@example.test", YOU, "Пошта без перекодування ✉", 77))
    pairs["From"], pairs["To"] = "Grüße <grüße@bücher.example>", "用户 <用户@例子.example>, you@example.test"
    pairs["Message-ID"] = "<ünïcode@bücher.example>"
    yield "charsets/smtputf8", message(pairs.items(), text("Адреси без кодування.\n", encoding="8bit"))
    pairs["Subject"], pairs["From"] = b"bad utf-8: \xc3\x28 \xff\xfe end", b"\xe4\xf6\xfc <friend@example.test>"
    yield "charsets/raw-bad-utf8", message(pairs.items(), part("text/plain; charset=utf-8", b"bad utf-8: \xc3\x28 \xff\xfe end\r\n", "8bit"))
    header = [("Content-Type", 'text/plain; charset="utf-16"'), ("Content-Transfer-Encoding", "base64")]
    yield "charsets/utf-16", message(common(Dice("utf16"), "friend@example.test", YOU, "UTF-16 inside", 78) + header,
                                     b"\r\n" + mime.b64("Grüße in zwei Oktetten\r\n".encode("utf-16")))
    yield "charsets/utf-7", message(common(Dice("utf7"), "friend@example.test", YOU, "UTF-7 inside", 79),
                                    part("text/plain; charset=utf-7", b"Gr+APwA3w-e +AGE-\r\n", "7bit"))
