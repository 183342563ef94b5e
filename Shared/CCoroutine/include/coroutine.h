// Stacks of their own for the threads of a simulation, switched by hand: makecontext takes a variable number of
// arguments, which Swift does not import.

#ifndef SLUICE_COROUTINE_H
#define SLUICE_COROUTINE_H

#include <stddef.h>

struct sluice_coroutine;

// A stack on which `body(context)` is run once for each time that the one before has ended. NULL: out of memory.
struct sluice_coroutine *sluice_coroutine_create(size_t stack_bytes, void (*body)(void *), void *context);

// Runs it until it suspends itself. To be called from outside of any coroutine.
void sluice_coroutine_resume(struct sluice_coroutine *coroutine);

// Goes back to whoever has resumed it. To be called on its own stack.
void sluice_coroutine_suspend(struct sluice_coroutine *coroutine);

// Gives the stack back. What lies on it is forgotten.
void sluice_coroutine_destroy(struct sluice_coroutine *coroutine);

#endif
