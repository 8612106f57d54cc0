#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "log.h"

#if defined(__SANITIZE_ADDRESS__)
#elif defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define MACHINE AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEL__) && defined(__ARM_EABI__)
#define MACHINE AUDIT_ARCH_ARM
#elif defined(__mips__) && _MIPS_SIM == _ABIO32 && defined(__MIPSEL__)
#define MACHINE AUDIT_ARCH_MIPSEL
#elif defined(__mips__) && _MIPS_SIM == _ABIO32 && defined(__MIPSEB__)
#define MACHINE AUDIT_ARCH_MIPS
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

#ifdef MACHINE

/* Which of two numbers a C library uses depends on its age: those for 64 bits of time came later. */
/* Several a line. */
// clang-format off
static const uint32_t allowed[] = {
#ifdef SYS_ppoll
	SYS_ppoll,
#endif
#ifdef SYS_ppoll_time64
	SYS_ppoll_time64,
#endif
	/* Frames and records. */
	SYS_read, SYS_write, SYS_recvmsg, SYS_recvfrom, SYS_sendto,
#ifdef SYS_recv
	SYS_recv,
#endif
#ifdef SYS_clock_gettime
	SYS_clock_gettime,
#endif
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64,
#endif
#ifdef SYS_gettimeofday
	SYS_gettimeofday,
#endif
#ifdef SYS_socketcall
	SYS_socketcall,
#endif
#ifdef CONFINE_MORE
	/* Of another program than the daemon. */
	CONFINE_MORE
#endif
	/* Interfaces that come and go. */
	SYS_ioctl, SYS_getsockname, SYS_getsockopt, SYS_setsockopt, SYS_bind,
	/* Programs that come and go. */
	SYS_accept4, SYS_close, SYS_fcntl,
#ifdef SYS_fcntl64
	SYS_fcntl64,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_unlink
	SYS_unlink,
#endif
	SYS_unlinkat,
	/* Memory; the library's own buffers, too. */
	SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk,
#ifdef SYS_mmap
	SYS_mmap,
#endif
#ifdef SYS_mmap2
	SYS_mmap2,
#endif
	/* Signals, and the end. */
	SYS_rt_sigreturn,
#ifdef SYS_sigreturn
	SYS_sigreturn,
#endif
	SYS_rt_sigprocmask, SYS_restart_syscall, SYS_exit, SYS_exit_group,
};
// clang-format on

#define ALLOWED (sizeof(allowed) / sizeof(allowed[0]))

/* Jumps reach 255 instructions, and one for each call is all that lies between. */
_Static_assert(ALLOWED < 250, "too many for one jump");

int confine(void)
{
	struct sock_filter code[ALLOWED + 6];
	struct sock_fprog program = {.filter = code};
	uint16_t at = 0;

	code[at++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL);
	code[at++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (uint32_t i = 0; i < ALLOWED; i++) {
		uint8_t toTheEnd = (uint8_t)(ALLOWED - i);

		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], toTheEnd, 0);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = at;
	/* EINVAL: a kernel without. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 && errno != EINVAL) {
		say("cannot keep to the system calls that are needed: %s", strerror(errno));
		return -1;
	}
	return 0;
}

#else

int confine(void)
{
	return 0;
}

#endif
