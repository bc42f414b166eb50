"""What happens when: prompts, keyframes, easing, seeds and numeric schedules."""
