#pragma once

#include <stdint.h>

// Counts what each thread allocates, in a process that this library is preloaded into (LD_PRELOAD). The calls go on
// to the next allocator in the order of symbols, so a program that links one of its own keeps it.
//
// Where SLUICE_ALLOCATIONS_FILE names a file, the counters live in it (mapped and shared): another process can read
// them at any moment without stopping this one.

// One thread's counters. A slot is not given away again when its thread ends.
struct sluice_allocation_slot {
    int64_t thread;       // the kernel's id of the thread; 0: the slot is free
    uint64_t allocations; // calls that asked for memory: malloc, calloc, realloc, aligned kinds, operator new
    uint64_t bytes;       // what they asked for
    uint64_t releases;    // calls of free with something in it
};

#define SLUICE_ALLOCATION_SLOTS 512

// Allocations of the calling thread so far.
uint64_t sluice_thread_allocations(void);
