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
#include <sys/socket.h>
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
#elif defined(__s390x__)
#define MACHINE AUDIT_ARCH_S390X
#elif defined(__powerpc__) && !defined(__powerpc64__)
#define MACHINE AUDIT_ARCH_PPC
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
#ifdef SYS_send
	SYS_send,
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
/* Where there is nothing else: what it is asked for can't be seen by a filter. */
#if defined(__i386__) || defined(__s390x__)
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
	/* Whether a name is still its own. */
#ifdef SYS_lstat
	SYS_lstat,
#endif
#ifdef SYS_lstat64
	SYS_lstat64,
#endif
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_fstatat64
	SYS_fstatat64,
#endif
#ifdef SYS_statx
	SYS_statx,
#endif
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

/* And to connect to servers; sockets, of IP alone, are looked at more closely. */
static const uint32_t reach[] = {SYS_connect, SYS_shutdown};

#define REACH (sizeof(reach) / sizeof(reach[0]))
/* Instructions for SYS_socket, and for all that lies around the calls that are allowed as they are. */
#define SOCKET_CODE 4u
#define AROUND_CODE 6u

/* Jumps reach 255 instructions, and one for each call is all that lies between. */
_Static_assert(ALLOWED + REACH + SOCKET_CODE < 250, "too many for one jump");

/* The half of it in which all of a small number is. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_ARGUMENT (offsetof(struct seccomp_data, args[0]) + sizeof(uint32_t))
#else
#define FIRST_ARGUMENT offsetof(struct seccomp_data, args[0])
#endif

/* Behind them `after` instructions, then the end for what is refused, then that for what is allowed. */
static uint16_t allow(struct sock_filter *code, const uint32_t *calls, uint32_t count, uint32_t after)
{
	for (uint32_t i = 0; i < count; i++)
		code[i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i],
						       (uint8_t)(count - i + after), 0);
	return (uint16_t)count;
}

/* Sockets of IP, and no others. What follows is the end for what is refused, and that for what is allowed. */
static uint16_t allowSockets(struct sock_filter *code)
{
	uint16_t at = 0;

	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARGUMENT);
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
	return at;
}

/* Of a seeker. */
static const uint32_t few[] = {
	SYS_recvfrom,
	SYS_sendto,
#ifdef SYS_recv
	SYS_recv,
#endif
#if defined(__i386__) || defined(__s390x__)
	SYS_socketcall,
#endif
#ifdef SYS_clock_gettime
	SYS_clock_gettime,
#endif
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64,
#endif
#ifdef SYS_sigreturn
	SYS_sigreturn,
#endif
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
};

#define FEW (sizeof(few) / sizeof(few[0]))

static int keepTo(const uint32_t *calls, uint32_t count, bool reaching)
{
	struct sock_filter code[ALLOWED + REACH + SOCKET_CODE + AROUND_CODE];
	struct sock_fprog program = {.filter = code};
	uint16_t at = 0;

	code[at++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL);
	code[at++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	at += allow(code + at, calls, count, reaching ? REACH + SOCKET_CODE : 0);
	if (reaching) {
		at += allow(code + at, reach, REACH, SOCKET_CODE);
		at += allowSockets(code + at);
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

int confine(bool reaching)
{
	return keepTo(allowed, ALLOWED, reaching);
}

int confine_few(void)
{
	return keepTo(few, FEW, false);
}

#else

int confine(bool reaching)
{
	(void)reaching;
	return 0;
}

int confine_few(void)
{
	return 0;
}

#endif
