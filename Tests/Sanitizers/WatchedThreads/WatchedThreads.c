// What the thread sanitizer cannot see by itself, shown to it. Linked into its builds only, in front of the libraries
// that define the same names.
//
// - librdkafka uses the threads, locks and conditions of C11. The C library makes them of its POSIX ones without
//   calling their public functions, which are what the sanitizer watches: it would know nothing of the threads, and
//   end the process in the first one that allocates. Here they are the public ones.
// - Mutex of Swift's Synchronization module takes and gives a lock that others wait for inside its own library, which
//   has no instrumentation. The order that this makes is told to the sanitizer.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "a lock of C11 holds one of POSIX");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "a condition of C11 holds one of POSIX");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "a thread of C11 is one of POSIX");

// MARK: Threads of C11

struct beginning {
    thrd_start_t body;
    void *argument;
};

static void *begin(void *given)
{
    struct beginning beginning = *(struct beginning *)given;
    free(given);
    return (void *)(intptr_t)beginning.body(beginning.argument);
}

static int answer(int error)
{
    switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}

int thrd_create(thrd_t *thread, thrd_start_t body, void *argument)
{
    struct beginning *beginning = malloc(sizeof *beginning);
    if (beginning == NULL)
        return thrd_nomem;
    *beginning = (struct beginning){body, argument};
    int error = pthread_create((pthread_t *)thread, NULL, begin, beginning);
    if (error != 0)
        free(beginning);
    return answer(error);
}

int thrd_join(thrd_t thread, int *result)
{
    void *value = NULL;
    int error = pthread_join((pthread_t)thread, &value);
    if (result != NULL)
        *result = (int)(intptr_t)value;
    return answer(error);
}

int mtx_init(mtx_t *lock, int type)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(
        &attributes, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    int error = pthread_mutex_init((pthread_mutex_t *)lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return answer(error);
}

void mtx_destroy(mtx_t *lock) { pthread_mutex_destroy((pthread_mutex_t *)lock); }
int mtx_lock(mtx_t *lock) { return answer(pthread_mutex_lock((pthread_mutex_t *)lock)); }
int mtx_trylock(mtx_t *lock) { return answer(pthread_mutex_trylock((pthread_mutex_t *)lock)); }
int mtx_unlock(mtx_t *lock) { return answer(pthread_mutex_unlock((pthread_mutex_t *)lock)); }

int cnd_init(cnd_t *condition) { return answer(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }
int cnd_signal(cnd_t *condition) { return answer(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return answer(pthread_cond_broadcast((pthread_cond_t *)condition)); }

int cnd_wait(cnd_t *condition, mtx_t *lock)
{
    return answer(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)lock));
}

int cnd_timedwait(cnd_t *condition, mtx_t *lock, const struct timespec *until)
{
    return answer(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)lock, until));
}

// MARK: Mutex of Swift

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void (*lock_slow)(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void (*unlock_slow)(__attribute__((swift_context)) void *);

static void *original(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

// Synchronization._MutexHandle._lockSlow(UInt32)
__attribute__((swiftcall)) void lockSlow(uint32_t thread, __attribute__((swift_context)) void *handle)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void lockSlow(uint32_t thread, __attribute__((swift_context)) void *handle)
{
    static _Atomic(lock_slow) known;
    lock_slow slow = known;
    if (slow == NULL)
        known = slow = (lock_slow)original("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    slow(thread, handle);
    __tsan_acquire(handle);
}

// Synchronization._MutexHandle._unlockSlow()
__attribute__((swiftcall)) void unlockSlow(__attribute__((swift_context)) void *handle)
    __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

__attribute__((swiftcall)) void unlockSlow(__attribute__((swift_context)) void *handle)
{
    static _Atomic(unlock_slow) known;
    unlock_slow slow = known;
    if (slow == NULL)
        known = slow = (unlock_slow)original("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    __tsan_release(handle);
    slow(handle);
}
