"""What `dlcourse.exercise` is made of; lessons and exercises do not import it themselves."""
