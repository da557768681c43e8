"""All exercises by number, in the order of the lessons."""

from . import lesson_0, lesson_1, lesson_2, lesson_3, lesson_4, lesson_5, lesson_6, lesson_7, lesson_8
from .exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.number: exercise
    for lesson in (lesson_0, lesson_1, lesson_2, lesson_3, lesson_4, lesson_5, lesson_6, lesson_7, lesson_8)
    for exercise in vars(lesson).values()
    if isinstance(exercise, Exercise)
}
