#define _GNU_SOURCE
#include "coroutine.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_TSAN 1
#endif
#if __has_feature(address_sanitizer)
#define SLUICE_ASAN 1
#endif
#endif

#ifdef SLUICE_TSAN
// The thread sanitizer keeps a shadow of each stack and has to be told of a switch.
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif
#ifdef SLUICE_ASAN
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old, size_t *size_old);
#endif

struct sluice_coroutine {
    ucontext_t inside;
    ucontext_t outside;
    void (*body)(void *);
    void *context;
    char *stack;
    size_t stack_bytes;
#ifdef SLUICE_TSAN
    void *fiber;
    void *outside_fiber;
#endif
#ifdef SLUICE_ASAN
    void *fake_inside;
    void *fake_outside;
    const void *outside_bottom;
    size_t outside_bytes;
#endif
};

static void entry(unsigned high, unsigned low) {
    struct sluice_coroutine *coroutine = (struct sluice_coroutine *)(((uintptr_t)high << 32) | (uintptr_t)low);
#ifdef SLUICE_ASAN
    __sanitizer_finish_switch_fiber(NULL, &coroutine->outside_bottom, &coroutine->outside_bytes);
#endif
    for (;;) {
        coroutine->body(coroutine->context);
        sluice_coroutine_suspend(coroutine);
    }
}

struct sluice_coroutine *sluice_coroutine_create(size_t stack_bytes, void (*body)(void *), void *context) {
    struct sluice_coroutine *coroutine = calloc(1, sizeof *coroutine);
    if (coroutine == NULL) return NULL;
    coroutine->body = body;
    coroutine->context = context;
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    coroutine->stack_bytes = stack_bytes + guard;
    coroutine->stack =
        mmap(NULL, coroutine->stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (coroutine->stack == MAP_FAILED) {
        free(coroutine);
        return NULL;
    }
    // A stack that grows too far ends the process instead of another stack's contents.
    mprotect(coroutine->stack, guard, PROT_NONE);
    getcontext(&coroutine->inside);
    coroutine->inside.uc_stack.ss_sp = coroutine->stack + guard;
    coroutine->inside.uc_stack.ss_size = stack_bytes;
    coroutine->inside.uc_link = NULL;
    uintptr_t address = (uintptr_t)coroutine;
    makecontext(
        &coroutine->inside, (void (*)(void))entry, 2, (unsigned)(address >> 32), (unsigned)(address & 0xffffffffu));
#ifdef SLUICE_TSAN
    coroutine->fiber = __tsan_create_fiber(0);
#endif
    return coroutine;
}

void sluice_coroutine_resume(struct sluice_coroutine *coroutine) {
#ifdef SLUICE_TSAN
    coroutine->outside_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(coroutine->fiber, 0);
#endif
#ifdef SLUICE_ASAN
    __sanitizer_start_switch_fiber(
        &coroutine->fake_outside, coroutine->inside.uc_stack.ss_sp, coroutine->inside.uc_stack.ss_size);
#endif
    swapcontext(&coroutine->outside, &coroutine->inside);
#ifdef SLUICE_ASAN
    __sanitizer_finish_switch_fiber(coroutine->fake_outside, NULL, NULL);
#endif
}

void sluice_coroutine_suspend(struct sluice_coroutine *coroutine) {
#ifdef SLUICE_TSAN
    __tsan_switch_to_fiber(coroutine->outside_fiber, 0);
#endif
#ifdef SLUICE_ASAN
    __sanitizer_start_switch_fiber(&coroutine->fake_inside, coroutine->outside_bottom, coroutine->outside_bytes);
#endif
    swapcontext(&coroutine->inside, &coroutine->outside);
#ifdef SLUICE_ASAN
    __sanitizer_finish_switch_fiber(coroutine->fake_inside, &coroutine->outside_bottom, &coroutine->outside_bytes);
#endif
}

void sluice_coroutine_destroy(struct sluice_coroutine *coroutine) {
#ifdef SLUICE_TSAN
    __tsan_destroy_fiber(coroutine->fiber);
#endif
    munmap(coroutine->stack, coroutine->stack_bytes);
    free(coroutine);
}
