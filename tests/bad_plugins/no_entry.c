/* A shared library like any other. */
__attribute__((visibility("default"))) int an_answer(void);
int an_answer(void) { return 42; }
