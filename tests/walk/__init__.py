"""Who may do what: every address and every action, tried by everybody, against one table."""
