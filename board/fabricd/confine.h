/* Keeping to the system calls that the work needs. */
#ifndef CONFINE_H_
#define CONFINE_H_

#include <stdbool.h>

/*
 * From now on every other system call fails with EPERM; `reaching`: but those that connections over IP need. Needs no_new_privs. Nothing happens on a machine or a kernel that
 * has no such filter, and under sanitizers, which need calls of their own. 0, or -1 having said what is wrong.
 */
int confine(bool reaching);

/* Alike, for a process that is told what to ask the kernel, and asks it: it reads and writes what is open, and ends. */
int confine_few(void);

#endif
