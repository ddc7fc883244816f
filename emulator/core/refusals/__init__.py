"""What AWS refuses: checks of calls, kept for the operations that they guard, and asked before moto answers."""
