"""What judges an answer: the record, the run on one input, the comparison, the verdict, the box."""
