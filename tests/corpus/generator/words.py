"""What the letters say: sentences, shops, goods. Shops and people are made up; domains are reserved ones."""

PEOPLE = [
    ("Friend", "friend@example.test"), ("Kim", "kim@example.org"), ("Noa", "noa@harbour.example"), ("Sasha", "sasha@example.net"),
    ("Jo", "jo@allotments.example"), ("Robin", "robin@choir.example"), ("Alex", "alex@example.com"), ("Micha", "micha@example.org"),
]

SHOPS = [
    ("Paper & Ink", "paperink.example"), ("Tea Cupboard", "teacupboard.example"), ("North Lamps", "northlamps.example"),
    ("Bicycle Yard", "bicycleyard.example"), ("Garden Post", "gardenpost.example"), ("Oak Chairs", "oakchairs.example"),
    ("Second Shelf Books", "secondshelf.example"), ("Little Bakery", "littlebakery.example"), ("Wool Room", "woolroom.example"),
    ("Harbour Ferries", "harbourferries.example"),
]

GOODS = [
    ("Notebook, dotted, A5", 1250), ("Fountain pen ink, blue", 890), ("Green tea, 250 g", 1420), ("Desk lamp, brass", 7900),
    ("Inner tube 28 inch", 650), ("Tomato seeds, six kinds", 1195), ("Kitchen stool", 6400), ("Field guide to mosses", 2300),
    ("Rye bread, 1 kg", 540), ("Merino yarn, 100 g", 1180), ("Day ticket, adult", 1600), ("Chain oil", 990), ("Envelope set", 725),
]

TOPICS = [
    ("Saturday's walk", [
        "Shall we take the early train and walk from the second stop?",
        "The path along the river is open again, I looked this morning.",
        "I would bring bread, cheese and the big thermos.",
        "If it rains we can turn back at the mill and take the bus.",
        "Please tell me by Friday whether your sister comes too.",
        "The map in the hall is ten years old, better take the new one."]),
    ("Minutes of the garden meeting", [
        "We agreed to mend the fence before the frost.",
        "The water bill is 12 % lower than last year, thanks to the barrels.",
        "Plot 14 is free from April; two families are on the list.",
        "Whoever has the key of the tool shed: please bring it back.",
        "The next meeting is on the first Tuesday of the month, at seven.",
        "Compost is delivered on the 9th, so keep the gate clear."]),
    ("Draft of the leaflet", [
        "I moved the opening hours to the front, they are what people look for.",
        "The second picture is too dark for print.",
        "Could you read the paragraph about fees once more?",
        "We need 400 copies, 350 went last time.",
        "From the printer I hear that grey paper costs the same.",
        "Let us drop the sentence about the weather."]),
    ("Choir on Thursday", [
        "We begin with the second movement, so warm up on the way.",
        "The altos are short of two folders.",
        "The hall is cold: bring a jacket.",
        "From now on we meet half an hour earlier.",
        "Robin has the list for the bus.",
        "The concert is sold out, we could add a matinee."]),
    ("Moving the database", [
        "The copy took 41 minutes and the check found no difference.",
        "We switch on Sunday at six, before the first reports run.",
        "I left the old machine readable for a week.",
        "Two jobs still write to the old name; they are in the list below.",
        "Roll back means turning one switch, I tried it twice.",
        "Please do not start long queries on Saturday night."]),
    ("Invoice 2024-118", [
        "The hours of the third week are missing.",
        "The address changed in May, the new one stands on the letterhead.",
        "We pay within 14 days of the corrected invoice.",
        "Travel was agreed as a lump sum of 180 euros.",
        "Please send it as PDF to this address, not by post.",
        "Thank you for the quick answer."]),
    ("Recipe for the soup", [
        "Fry the onions slowly, that is half of it.",
        "Two spoons of lentils per person are enough.",
        "Take the lemon at the very end.",
        "It keeps three days and gets better on the second.",
        "I forgot the cumin once and nobody noticed.",
        "Serve it with the dark bread."]),
    ("Bike repair", [
        "The rear wheel is true again, the brake pads are new.",
        "The chain was worn beyond saving.",
        "You can fetch it until half past six.",
        "We kept the old lamp, it only needed a wire.",
        "The bill is 64.50, cash or card.",
        "Come back after 200 km, we tighten the spokes for free."]),
]

NEWS = [
    ("What is new this month", "Longer opening hours, a reading on the 12th, and a shelf of things at half price."),
    ("Three ideas for a rainy weekend", "Bind a notebook, bake a plum cake, or mend the lamp that has waited since spring."),
    ("Your early look at the autumn range", "Warm colours, sturdy cloth, and the blue that so many of you asked for."),
    ("Last days of the summer sale", "Everything on the second floor is down by a quarter until Sunday evening."),
    ("How we choose our suppliers", "A visit to two workshops, what we pay, and why some things have become dearer."),
    ("Our timetable from October", "Hourly until six, every two hours after that; the night run returns on Fridays."),
    ("A small survey, two minutes", "Tell us what you miss. Three answers win a voucher of 25 euros."),
    ("Gift cards by e-mail", "Choose a picture, write a line, pick the day: we send it at eight in the morning."),
]


def money(cents):
    return f"{cents // 100}.{cents % 100:02}"
