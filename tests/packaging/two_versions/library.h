// A library that plugins use for themselves. Built in two versions with the same names; what it says
// would be mixed up where they met: a function, and a variable that C++ has once in a process.
#pragma once

int library_version();
int library_calls();

struct Library {
  static inline int calls = 0;
};
