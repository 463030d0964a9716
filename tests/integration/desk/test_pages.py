"""The pages of the desk and of the calendar, as people of departments, leaders and coordinators meet them."""
