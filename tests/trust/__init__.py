"""What is tried at length for docs/trust.md, a command each; the suite runs the short forms."""


def print_problems(name: str, texts: list[str]) -> int:
    """Print each problem once, with how often it came, and give their number."""
    for text in dict.fromkeys(texts):
        print(f"{name}: {text} ({texts.count(text)}×)")
    return len(texts)
