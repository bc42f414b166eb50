"""Captions in natural English: synonyms, several phrasings, and only the parts that a scene mentions."""

import numpy as np

from .world import Scene

PLACES = {
    "sea": ["the sea", "the ocean", "the open sea", "the water", "the waves"],
    "beach": ["a beach", "the beach", "a sandy beach", "the seashore", "a tropical beach"],
    "hills": ["green hills", "rolling hills", "a meadow", "the hills", "the countryside", "a green field"],
    "desert": ["the desert", "a desert", "sand dunes", "the dunes", "the sahara"],
    "snow": ["the snow", "a snowy landscape", "a winter landscape", "snowy hills", "the arctic"],
    "forest": ["a forest", "the forest", "the woods", "a pine forest", "deep woods"],
    "city": ["a city", "the city", "a city skyline", "a city street", "the town", "downtown skyscrapers"],
    "lake": ["a lake", "the lake", "a calm lake", "a mountain lake", "a lake shore", "a pond"],
    "savanna": [
        "the savanna",
        "the golden savanna",
        "the african savanna",
        "dry grassland",
        "the african plains",
    ],
    "moon": ["the moon", "the surface of the moon", "the lunar surface", "a moon landscape"],
}
LIGHTS = {
    "dawn": [
        "at dawn",
        "at sunrise",
        "at daybreak",
        "in the early morning light",
        "in the pink light of dawn",
    ],
    "noon": [
        "at noon",
        "at midday",
        "in bright daylight",
        "on a sunny day",
        "under a clear blue sky",
        "in the sunshine",
    ],
    "sunset": [
        "at sunset",
        "at dusk",
        "in the evening glow",
        "in the golden hour",
        "under a red evening sky",
    ],
    "night": [
        "at night",
        "at midnight",
        "under the stars",
        "under a starry sky",
        "by moonlight",
        "in the dark night",
    ],
    "storm": [
        "in a storm",
        "in a thunderstorm",
        "in the rain",
        "under dark storm clouds",
        "in stormy weather",
        "with lightning and rain",
    ],
    "fog": [
        "in the fog",
        "in thick fog",
        "in the mist",
        "on a foggy day",
        "in misty weather",
        "shrouded in fog",
    ],
}
LIGHT_NOUNS = {
    "dawn": ["dawn", "sunrise", "daybreak"],
    "noon": ["a sunny day", "bright noon", "midday sun"],
    "sunset": ["sunset", "a red sunset", "dusk"],
    "night": ["night", "a starry night", "the night sky"],
    "storm": ["a storm", "a thunderstorm", "storm clouds"],
    "fog": ["fog", "mist", "thick fog"],
}
STYLES = {
    "flat": [
        "flat illustration",
        "vector illustration",
        "flat design",
        "poster art",
        "vector art",
        "minimalist poster",
    ],
    "watercolor": ["watercolor painting", "watercolor", "watercolour", "watercolour painting", "aquarelle"],
    "pixel": ["pixel art", "8-bit pixel art", "retro game art", "pixelated video game art"],
    "ink": ["ink drawing", "pen and ink drawing", "ink sketch", "line drawing", "ink and wash drawing"],
    "oil": [
        "oil painting",
        "oil on canvas",
        "impressionist oil painting",
        "painting with thick brush strokes",
    ],
}
SUBJECTS = {
    "sailboat": ["sailboat", "sailing boat", "boat", "sailing ship", "yacht"],
    "lighthouse": ["lighthouse"],
    "house": ["house", "cottage", "little house", "home", "cabin"],
    "tree": ["tree", "leafy tree", "oak tree", "big tree"],
    "balloon": ["hot-air balloon", "hot air balloon", "balloon"],
    "mountain": ["mountain", "mountain peak", "snow-capped mountain"],
    "bird": ["bird", "flying bird", "seagull", "dove"],
    "cat": ["cat", "kitten", "cute cat", "kitty"],
    "lion": ["lion", "majestic lion", "male lion"],
    "horse": ["horse", "stallion", "pony", "mare"],
    "fish": ["fish", "leaping fish", "jumping fish"],
    "castle": ["castle", "fortress", "fairytale castle", "palace"],
    "windmill": ["windmill", "old windmill", "mill"],
    "rocket": ["rocket", "rocket ship", "spaceship", "space rocket"],
    "astronaut": ["astronaut", "spaceman", "cosmonaut", "astronaut in a space suit"],
    "train": ["train", "steam train", "locomotive", "steam engine"],
    "rider": ["astronaut riding a horse", "astronaut on a horse", "astronaut on horseback"],
    "dog": ["dog", "puppy", "cute dog", "hound"],
    "deer": ["deer", "stag", "reindeer", "deer with antlers"],
    "owl": ["owl", "wise owl", "owl on a branch"],
    "butterfly": ["butterfly", "beautiful butterfly", "flying butterfly"],
    "whale": ["whale", "humpback whale", "giant whale"],
    "dragon": ["dragon", "flying dragon", "fire-breathing dragon"],
    "car": ["car", "small car", "automobile", "vintage car"],
    "flower": ["flower", "blooming flower", "daisy", "blossom"],
}
VERBS = {
    "sailboat": ["sailing on", "on", "drifting on"],
    "bird": ["flying over", "soaring over", "above"],
    "balloon": ["floating over", "drifting above", "over", "flying over"],
    "rocket": ["flying over", "launching over", "above"],
    "cat": ["sitting on", "sitting in", "on", "in", "resting on"],
    "lion": ["stalks across", "walking through", "walks across", "standing in", "on", "prowls through"],
    "horse": ["running across", "galloping through", "standing in", "on", "runs through"],
    "fish": ["leaping over", "jumping out of", "in", "above"],
    "train": ["crossing", "passing through", "in", "travelling through"],
    "astronaut": ["standing on", "walking on", "on", "exploring"],
    "rider": ["on", "across", "crossing"],
    "dog": ["sitting on", "sitting in", "on", "in", "resting on", "waiting in"],
    "deer": ["standing in", "walking through", "in", "on", "grazing in"],
    "owl": ["sitting in", "in", "perched over", "resting in"],
    "butterfly": ["flying over", "fluttering over", "above", "over"],
    "whale": ["swimming in", "in", "leaping over", "diving into"],
    "dragon": ["flying over", "soaring over", "above", "over"],
    "car": ["driving through", "driving across", "in", "on", "crossing", "parked on"],
    "flower": ["in", "on", "growing in", "growing on", "blooming in"],
    "mountain": ["behind", "rising over", "above", "over"],
    "lighthouse": ["by", "near", "on", "overlooking"],
}
ADJECTIVES = [
    "beautiful",
    "lonely",
    "old",
    "little",
    "big",
    "small",
    "majestic",
    "quiet",
    "magical",
    "dreamy",
    "single",
    "distant",
    "grand",
    "solitary",
    "tiny",
]
QUALITY = [
    "highly detailed",
    "beautiful",
    "masterpiece",
    "cinematic lighting",
    "4k",
    "trending on artstation",
    "best quality",
    "beautiful colors",
    "peaceful",
    "dramatic",
    "scenic landscape",
    "wide shot",
]
COLOR_WORDS = {
    "purple": ["purple", "violet"],
    "red": ["red", "crimson", "scarlet"],
    "yellow": ["yellow", "golden"],
    "blue": ["blue", "blue"],
}


WHERE = {"in", "on", "over", "through", "across", "near", "by", "above", "behind"}


def caption(scene: Scene, rng: np.random.Generator, deed: str | None = None) -> str:
    """Writes one caption of a scene; every call finds other words.

    With a ``deed``, as "sailing to the left", that is what the subject does, in place of a verb of its own;
    the other words are those that the same ``rng`` finds without it.
    """

    def pick(options: list[str]) -> str:
        return options[rng.integers(len(options))]

    place = pick(PLACES[scene.place]) if "place" in scene.mentions else ""
    style = pick(STYLES[scene.style]) if "style" in scene.mentions else ""
    light = pick(LIGHTS[scene.light]) if "light" in scene.mentions else ""
    if scene.subject == "none":
        words = _landscape(scene, place, light, rng)
    else:
        noun = _noun(scene, rng)
        if rng.random() < 0.14:
            return _tags(scene, noun if deed is None else f"{noun} {deed}", rng)
        verb = pick(VERBS.get(scene.subject, ["in", "on", "near", "standing in", "in the middle of", "by"]))
        if deed is not None:  # its last word is a preposition mostly
            noun, verb = f"{noun} {deed}", verb.split()[-1] if verb.split()[-1] in WHERE else "in"
        words = f"{noun} {verb} {place}" if place else noun
        if light:
            words = f"{light}, {words}" if not style and rng.random() < 0.25 else f"{words} {light}"
    if style:
        if rng.random() < 0.5:
            words = (
                f"{'an' if style[0] in 'aeiou8' else 'a'} {style} of {words}"
                if rng.random() < 0.75
                else f"{style}: {words}"
            )
        else:
            words = f"{words}, {style}" if rng.random() < 0.7 else f"{words} in {style} style"
    if rng.random() < 0.12:
        words += ", " + ", ".join(rng.choice(QUALITY, rng.integers(1, 3), replace=False))
    return words


def _noun(scene: Scene, rng: np.random.Generator) -> str:
    names = SUBJECTS[scene.subject]
    noun = names[0] if rng.random() < 0.5 else names[rng.integers(len(names))]
    if scene.color and "color" in scene.mentions:
        options = COLOR_WORDS.get(scene.color, [scene.color])
        color = options[0] if rng.random() < 0.75 else options[rng.integers(len(options))]
        noun = noun.replace("a horse", f"a {color} horse") if scene.subject == "rider" else f"{color} {noun}"
        if scene.subject == "rider" and color not in noun:
            noun = f"astronaut riding a {color} horse"
    if rng.random() < 0.2:
        noun = f"{ADJECTIVES[rng.integers(len(ADJECTIVES))]} {noun}"
    article = (
        rng.choice(["a", "a", "a", "the", ""])
        if noun[0] not in "aeiou"
        else rng.choice(["an", "an", "an", "the", ""])
    )
    return f"{article} {noun}".strip()


def _landscape(scene: Scene, place: str, light: str, rng: np.random.Generator) -> str:
    nouns = LIGHT_NOUNS[scene.light]
    noun = nouns[rng.integers(len(nouns))]
    forms = [
        f"{noun} over {place}",
        f"{place} {light}",
        f"a view of {place} {light}",
        f"{noun} over {place}",
        f"a landscape of {place} {light}",
    ]
    return forms[rng.integers(len(forms))]


def _tags(scene: Scene, noun: str, rng: np.random.Generator) -> str:
    parts = [noun]
    for name, table in (("place", PLACES), ("light", LIGHT_NOUNS), ("style", STYLES)):
        if name in scene.mentions:
            options = table[getattr(scene, name)]
            word = options[rng.integers(len(options))]
            parts.append(word.removeprefix("a ").removeprefix("the ") if name != "style" else word)
    return ", ".join(parts)
