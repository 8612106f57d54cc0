/*
 * The system calls and socket families that a unit leaves, in the place of systemd, which is not the first process here: whatever else
 * is called ends with EPERM. calls.h has `ALLOWED`, numbers, and `FAMILIES`.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"

static const uint32_t allowed[] = {ALLOWED};
static const uint32_t families[] = {FAMILIES};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RETURN(what) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (what)))
#define IS(value, skip) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip)))

int main(int count, char **words)
{
	static struct sock_filter code[2 * (COUNT(allowed) + COUNT(families)) + 8];
	struct sock_fprog program = {.filter = code};
	uint16_t at = 0;

	code[at++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	code[at++] = IS(SYS_socket, 2 * COUNT(families) + 2);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, args[0]));
	for (size_t i = 0; i < COUNT(families); i++) {
		code[at++] = IS(families[i], 1);
		code[at++] = RETURN(SECCOMP_RET_ALLOW);
	}
	code[at++] = RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	for (size_t i = 0; i < COUNT(allowed); i++) {
		code[at++] = IS(allowed[i], 1);
		code[at++] = RETURN(SECCOMP_RET_ALLOW);
	}
	code[at++] = RETURN(SECCOMP_RET_ERRNO | EPERM);
	program.len = at;
	if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) {
		perror("sandbox");
		return 1;
	}
	execvp(words[1], words + 1);
	perror(words[1]);
	return 1;
}
