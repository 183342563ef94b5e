#define _GNU_SOURCE
#include "allocation_counter.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The counters until a file is mapped, and for good where none is named.
static struct sluice_allocation_slot private_slots[SLUICE_ALLOCATION_SLOTS];
static struct sluice_allocation_slot *slots = private_slots;
static atomic_int next_slot;
// The number of this thread's slot, plus 1. Initial-exec: the general model would allocate at first use.
static __thread int own_slot __attribute__((tls_model("initial-exec")));

static struct sluice_allocation_slot *own(void)
{
    if (own_slot == 0) {
        int number = atomic_fetch_add(&next_slot, 1);
        // Threads beyond the table share its last slot.
        if (number >= SLUICE_ALLOCATION_SLOTS) number = SLUICE_ALLOCATION_SLOTS - 1;
        own_slot = number + 1;
        slots[number].thread = syscall(SYS_gettid);
    }
    return &slots[own_slot - 1];
}

static void count(size_t bytes)
{
    struct sluice_allocation_slot *slot = own();
    slot->allocations += 1;
    slot->bytes += bytes;
}

uint64_t sluice_thread_allocations(void) { return own()->allocations; }

__attribute__((constructor)) static void map_file(void)
{
    const char *path = getenv("SLUICE_ALLOCATIONS_FILE");
    if (path == NULL || *path == 0) return;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (ftruncate(file, sizeof private_slots) == 0) {
        void *memory = mmap(NULL, sizeof private_slots, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) {
            memcpy(memory, private_slots, sizeof private_slots);
            slots = memory;
        }
    }
    close(file);
}

// dlsym itself may ask for memory before the next allocator is known: it gets it from here, for good.
static _Alignas(16) char early[65536];
static size_t early_used;

static void *early_memory(size_t bytes)
{
    size_t start = (early_used + 15) & ~(size_t)15;
    if (bytes > sizeof early - start) return NULL;
    early_used = start + bytes;
    return early + start;
}

static int is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + sizeof early;
}

// The next definition of a symbol behind this library, looked up once. `looking` breaks the circle when the lookup
// allocates.
static __thread int looking __attribute__((tls_model("initial-exec")));

static void *next_of(void **known, const char *name)
{
    if (*known == NULL && !looking) {
        looking = 1;
        *known = dlsym(RTLD_NEXT, name);
        looking = 0;
    }
    return *known;
}

#define NEXT(name, type)                                                                                             \
    static void *name##_known;                                                                                       \
    __typeof__(type) *name##_next = (__typeof__(type) *)next_of(&name##_known, #name)

void *malloc(size_t bytes)
{
    NEXT(malloc, void *(size_t));
    if (malloc_next == NULL) return early_memory(bytes);
    count(bytes);
    return malloc_next(bytes);
}

void *calloc(size_t number, size_t size)
{
    NEXT(calloc, void *(size_t, size_t));
    // The early memory is zero: nothing of it is used twice.
    if (calloc_next == NULL) return early_memory(number * size);
    count(number * size);
    return calloc_next(number, size);
}

void *realloc(void *memory, size_t bytes)
{
    NEXT(realloc, void *(void *, size_t));
    if (realloc_next == NULL || is_early(memory)) {
        void *fresh = malloc(bytes);
        if (fresh != NULL && memory != NULL) {
            size_t room = (size_t)(early + sizeof early - (char *)memory);
            memcpy(fresh, memory, bytes < room ? bytes : room);
        }
        return fresh;
    }
    count(bytes);
    return realloc_next(memory, bytes);
}

void free(void *memory)
{
    if (memory == NULL || is_early(memory)) return;
    NEXT(free, void(void *));
    own()->releases += 1;
    if (free_next != NULL) free_next(memory);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    NEXT(posix_memalign, int(void **, size_t, size_t));
    if (posix_memalign_next == NULL) return ENOMEM;
    count(bytes);
    return posix_memalign_next(memory, alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    NEXT(aligned_alloc, void *(size_t, size_t));
    if (aligned_alloc_next == NULL) return NULL;
    count(bytes);
    return aligned_alloc_next(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    NEXT(memalign, void *(size_t, size_t));
    if (memalign_next == NULL) return NULL;
    count(bytes);
    return memalign_next(alignment, bytes);
}

// C++'s operator new and new[]: an allocator that replaces malloc may serve them without calling it.
void *_Znwm(size_t bytes)
{
    NEXT(_Znwm, void *(size_t));
    if (_Znwm_next == NULL) return malloc(bytes);
    count(bytes);
    return _Znwm_next(bytes);
}

void *_Znam(size_t bytes)
{
    NEXT(_Znam, void *(size_t));
    if (_Znam_next == NULL) return malloc(bytes);
    count(bytes);
    return _Znam_next(bytes);
}
