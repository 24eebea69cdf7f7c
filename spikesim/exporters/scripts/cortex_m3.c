// What a Cortex-M3 needs before main: the first two words of its memory, and zeros. The library's
// files are the host's, by semihosting.
#include <stdint.h>
#include <stdlib.h>

extern uint32_t zeros_begin, zeros_end, stack_top;
extern void initialise_monitor_handles(void);
extern int main(void);

static void begin(void) {
    for (uint32_t *word = &zeros_begin; word < &zeros_end; word++) *word = 0;
    initialise_monitor_handles();
    exit(main());
}

static void stop(void) {  // a fault
    abort();
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
    &stack_top, (void *)(uintptr_t)begin, (void *)(uintptr_t)stop, (void *)(uintptr_t)stop,
};

void _init(void) {}  // called by the library
void _fini(void) {}
