"""Workers that do tasks in processes of their own, here or by Ray, whatever the tasks are."""
