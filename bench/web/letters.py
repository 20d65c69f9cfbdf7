#!/usr/bin/env python3
"""Writes an mbox of N letters to standard output: conversations of up to five, text and HTML in turn, words from a small list, one letter with a rare word."""
import random
import sys
import time

WORDS = ("garden meeting budget train letter house weather picture answer number evening morning market river paper friend question holiday window "
         "kitchen bicycle concert ticket invoice project report summer winter station table coffee street music").split()
NAMES = "Ada Ben Cleo Dan Eva Finn Gus Hana Ida Jan Kim Lea Mia Noa Oli Pia Quin Ron Sue Tom".split()


def letter(number, rng):
    thread = number - number % rng.choice((1, 1, 2, 3, 5))
    name = rng.choice(NAMES)
    subject = " ".join(rng.choices(WORDS, k=rng.randint(2, 6))).capitalize()
    when = time.gmtime(1_600_000_000 + number * 1_500)
    lines = [" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(rng.randint(5, 40))]
    if number == 4_321:
        lines.append("The rare word here is xylophonist.")
    yield f"From {name.lower()}@example.net {time.strftime('%a %b %d %H:%M:%S %Y', when)}"
    yield f"From: {name} Writer <{name.lower()}@example.net>"
    yield "To: you@example.test"
    yield f"Subject: {'Re: ' if thread != number else ''}{subject}"
    yield f"Message-ID: <{number}@example.net>"
    if thread != number:
        yield f"References: <{thread}@example.net>"
    yield f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', when)}"
    yield "MIME-Version: 1.0"
    html = number % 3 == 0
    yield f"Content-Type: text/{'html' if html else 'plain'}; charset=utf-8"
    yield ""
    yield from (f"<p>{line}</p>" if html else line for line in lines)
    yield ""


def main():
    rng = random.Random(1)
    for number in range(1, int(sys.argv[1]) + 1):
        sys.stdout.write("\n".join(letter(number, rng)) + "\n")


main()
