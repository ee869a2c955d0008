/* Exports nothing. */
int nothing_here(void);
int nothing_here(void) { return 1; }
