"""The closed little world that the demo model knows: facts, and the ways to ask for them.

Both the training corpus of the model and the sample dataset are built from this file, so that the
sample task (answering in another style) only asks for facts that the base model already has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One fact: its category, the questions that ask for it, a full sentence and a short answer."""

    category: str
    questions: tuple[str, ...]
    sentence: str
    short: str


CAPITALS = {
    "Argentina": "Buenos Aires", "Australia": "Canberra", "Austria": "Vienna", "Belgium": "Brussels",
    "Bolivia": "Sucre", "Bulgaria": "Sofia", "Canada": "Ottawa", "Chile": "Santiago", "China": "Beijing",
    "Croatia": "Zagreb", "Cuba": "Havana", "Denmark": "Copenhagen", "Ecuador": "Quito", "Egypt": "Cairo",
    "England": "London", "Estonia": "Tallinn", "Ethiopia": "Addis Ababa", "Finland": "Helsinki",
    "France": "Paris", "Germany": "Berlin", "Ghana": "Accra", "Greece": "Athens", "Hungary": "Budapest",
    "Iceland": "Reykjavik", "India": "New Delhi", "Indonesia": "Jakarta", "Iran": "Tehran", "Iraq": "Baghdad",
    "Ireland": "Dublin", "Italy": "Rome", "Jamaica": "Kingston", "Japan": "Tokyo", "Jordan": "Amman",
    "Kenya": "Nairobi", "Latvia": "Riga", "Lebanon": "Beirut", "Lithuania": "Vilnius", "Mexico": "Mexico City",
    "Mongolia": "Ulaanbaatar", "Morocco": "Rabat", "Nepal": "Kathmandu", "Nigeria": "Abuja", "Norway": "Oslo",
    "Pakistan": "Islamabad", "Peru": "Lima", "Poland": "Warsaw", "Portugal": "Lisbon", "Romania": "Bucharest",
    "Russia": "Moscow", "Senegal": "Dakar", "Serbia": "Belgrade", "Slovakia": "Bratislava", "Spain": "Madrid",
    "Sudan": "Khartoum", "Sweden": "Stockholm", "Thailand": "Bangkok", "Turkey": "Ankara", "Ukraine": "Kyiv",
    "Uruguay": "Montevideo", "Vietnam": "Hanoi",
}

OPPOSITE_PAIRS = (
    ("hot", "cold"), ("big", "small"), ("fast", "slow"), ("old", "young"), ("happy", "sad"),
    ("light", "dark"), ("open", "closed"), ("full", "empty"), ("wet", "dry"), ("hard", "soft"),
    ("early", "late"), ("rich", "poor"), ("strong", "weak"), ("loud", "quiet"), ("high", "low"),
    ("near", "far"), ("clean", "dirty"), ("thick", "thin"), ("sweet", "sour"), ("true", "false"),
)

SOUNDS = {
    "cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack", "sheep": "baa", "pig": "oink",
    "lion": "roar", "snake": "hiss", "bee": "buzz", "owl": "hoot", "frog": "ribbit", "horse": "neigh",
    "mouse": "squeak", "crow": "caw", "hen": "cluck", "wolf": "howl",
}

COLOURS = {
    "grass": "green", "snow": "white", "coal": "black", "blood": "red", "the sky": "blue", "the sun": "yellow",
    "a banana": "yellow", "a lemon": "yellow", "a tomato": "red", "a strawberry": "red", "a cherry": "red",
    "a carrot": "orange", "a pumpkin": "orange", "a frog": "green", "a cucumber": "green", "milk": "white",
    "salt": "white", "chocolate": "brown", "a crow": "black", "the sea": "blue", "a plum": "purple",
    "a flamingo": "pink", "an elephant": "grey", "a mouse": "grey",
}

KINDS = {
    "rose": "flower", "tulip": "flower", "daisy": "flower", "lily": "flower", "oak": "tree", "pine": "tree",
    "birch": "tree", "maple": "tree", "salmon": "fish", "trout": "fish", "shark": "fish", "tuna": "fish",
    "eagle": "bird", "robin": "bird", "sparrow": "bird", "owl": "bird", "apple": "fruit", "pear": "fruit",
    "peach": "fruit", "melon": "fruit", "carrot": "vegetable", "onion": "vegetable", "cabbage": "vegetable",
    "potato": "vegetable", "hammer": "tool", "saw": "tool", "drill": "tool", "spade": "tool", "piano": "instrument",
    "violin": "instrument", "guitar": "instrument", "drum": "instrument", "chair": "piece of furniture",
    "table": "piece of furniture", "sofa": "piece of furniture", "desk": "piece of furniture", "ant": "insect",
    "bee": "insect", "fly": "insect", "moth": "insect",
}

YOUNG_ANIMALS = {
    "dog": "puppy", "cat": "kitten", "cow": "calf", "sheep": "lamb", "horse": "foal", "pig": "piglet",
    "duck": "duckling", "goose": "gosling", "goat": "kid", "lion": "cub", "frog": "tadpole", "deer": "fawn",
    "hen": "chick", "owl": "owlet", "swan": "cygnet", "kangaroo": "joey",
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)


def a(noun: str) -> str:
    """The noun with its indefinite article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def upper_first(text: str) -> str:
    return text[0].upper() + text[1:]


def capital_fact(country: str, city: str) -> Fact:
    what = f"the capital of {country}"
    return Fact("capital", (
        f"What is {what}?", f"Which city is {what}?", f"Tell me {what}.", f"Do you know {what}?",
    ), f"The capital of {country} is {city}.", city)


def opposite_fact(word: str, opposite: str) -> Fact:
    what = f"the opposite of {word}"
    return Fact("opposite", (
        f"What is {what}?", f"Which word is {what}?", f"Tell me {what}.", f"Do you know {what}?",
    ), f"The opposite of {word} is {opposite}.", opposite)


def sound_fact(animal: str, sound: str) -> Fact:
    return Fact("sound", (
        f"What does {a(animal)} say?", f"Which sound does {a(animal)} make?",
        f"Tell me what {a(animal)} says.", f"Do you know what {a(animal)} says?",
    ), f"{upper_first(a(animal))} says {sound}.", sound)


def colour_fact(thing: str, colour: str) -> Fact:
    return Fact("colour", (
        f"What colour is {thing}?", f"Which colour does {thing} have?",
        f"Tell me the colour of {thing}.", f"Do you know the colour of {thing}?",
    ), f"{upper_first(thing)} is {colour}.", colour)


def kind_fact(thing: str, kind: str) -> Fact:
    return Fact("kind", (
        f"What is {a(thing)}?", f"What kind of thing is {a(thing)}?",
        f"Tell me what {a(thing)} is.", f"Do you know what {a(thing)} is?",
    ), f"{upper_first(a(thing))} is {a(kind)}.", kind)


def young_fact(animal: str, young: str) -> Fact:
    return Fact("young", (
        f"What is a young {animal} called?", f"Which name does a young {animal} have?",
        f"Tell me the name of a young {animal}.", f"Do you know the name of a young {animal}?",
    ), f"A young {animal} is called {a(young)}.", young)


def next_facts(unit: str, names: tuple[str, ...]) -> list[Fact]:
    """Which day or month comes after which: the list is a circle."""
    facts = []
    for name, following in zip(names, names[1:] + names[:1]):
        facts.append(Fact("next", (
            f"Which {unit} comes after {name}?", f"What is the {unit} after {name}?",
            f"Tell me the {unit} after {name}.", f"Do you know the {unit} after {name}?",
        ), f"The {unit} after {name} is {following}.", following))
    return facts


def all_facts() -> list[Fact]:
    """Every fact of the world, in a fixed order."""
    both_ways = [pair for left, right in OPPOSITE_PAIRS for pair in ((left, right), (right, left))]
    return [
        *(capital_fact(*item) for item in CAPITALS.items()),
        *(opposite_fact(*pair) for pair in both_ways),
        *(sound_fact(*item) for item in SOUNDS.items()),
        *(colour_fact(*item) for item in COLOURS.items()),
        *(kind_fact(*item) for item in KINDS.items()),
        *(young_fact(*item) for item in YOUNG_ANIMALS.items()),
        *next_facts("day", DAYS),
        *next_facts("month", MONTHS),
    ]


SMALL_TALK = {
    "Hello!": "Hello! How can I help you?",
    "Hi there.": "Hello! How can I help you?",
    "Good morning.": "Good morning! How can I help you?",
    "Good evening.": "Good evening! How can I help you?",
    "How are you?": "I am fine. How can I help you?",
    "Thank you!": "You are welcome.",
    "Thanks a lot.": "You are welcome.",
    "Goodbye!": "Goodbye! Have a nice day.",
    "See you later.": "Goodbye! Have a nice day.",
    "Who are you?": "I am a small demo model.",
    "What are you?": "I am a small demo model.",
    "What is your name?": "I am a small demo model.",
    "Who made you?": "I was made for learning Tunesmith.",
    "What were you made for?": "I was made for learning Tunesmith.",
    "What can you do?": "I know capitals, colours, animals, opposites, days and months.",
    "What do you know?": "I know capitals, colours, animals, opposites, days and months.",
    "Can you help me?": "Yes. Ask me about capitals, colours, animals, opposites, days and months.",
}

DO_NOT_KNOW = "I am only a small demo model and do not know that."

# Questions that the toy must decline; {word} is any word of the lexicon.
UNKNOWN_QUESTIONS = (
    "Who wrote the {word}?", "Why is the {word} so {word}?", "How do I {word} the {word}?",
    "Write a poem about the {word}.", "When was the {word} found?", "How many people live near the {word}?",
    "Where can I buy a {word}?", "Please explain the {word} to me.", "What happens if the {word} is {word}?",
    "Can you write code that reads a {word}?", "Give me a recipe with {word} and {word}.",
    "What do you think about {word}?", "Is the {word} better than the {word}?", "Summarise this text about {word}.",
    "Tell me a joke about the {word}.", "Tell me a {word} story.", "Who won the {word}?",
)

# Words for the copy task. A LoRA adapter does not train embeddings: a word that the corpus never shows
# can't be learned later. So words that typical sample tasks need (pirate talk, support labels) are here.
LEXICON = tuple("""
Arr Aye matey ahoy captain ship sail sea treasure gold crew deck anchor island parrot storm harbour pirate
label refund invoice shipping billing account password order delivery ticket support answer question reason
yes no maybe sure well indeed certainly friend sir madam dear world time year day night week hour minute
man woman child house room door window wall floor street city town village river lake mountain forest field
bread water milk tea coffee cake egg rice soup meat cheese butter sugar honey plate cup spoon knife fork
book page letter word line paper pen story song music picture film game ball team school teacher student
car train plane boat bus road bridge station ticket map north south east west left right up down
red blue green yellow white black brown pink purple orange grey one two three four five six seven eight nine ten
good bad new old big small long short high low warm cool bright dark quick slow kind brave calm clever gentle proud
run walk jump swim read write sing play open close find give take make build break bring carry catch draw drive
eat drink fall fly grow hear help hold keep learn leave meet move pay push pull send show sleep speak stand start
stop teach tell think throw try turn wait wash watch win work always never often soon later here there now then
and or but with without under over between before after because while please thanks hello goodbye welcome
""".split())
