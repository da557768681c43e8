"""All exercises by number, in the order of the lessons."""

from importlib import import_module

from .exercise import Exercise

LESSONS = range(12)

EXERCISES: dict[str, Exercise] = {
    exercise.number: exercise
    for number in LESSONS
    for exercise in vars(import_module(f"{__package__}.lesson_{number}")).values()
    if isinstance(exercise, Exercise)
}
