"""The intermediate representation: expressions, the program, its verifier and its text form."""
