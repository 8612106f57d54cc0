/* The kernel filter's instructions. */
#ifndef BPF_H_
#define BPF_H_

#include <linux/filter.h>

/* Of the field of IPv4 that it shares with two flags; and the header of IPv6. */
#define FRAGMENT_OFFSET 0x1fff
#define IPV6_BYTES 40

/* Classic BPF by the names that tcpdump -d prints. Jumps count from the next instruction: yes, no. */
#define LDB(k) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, k)
#define LDH(k) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, k)
#define LDB_X(k) BPF_STMT(BPF_LD | BPF_B | BPF_IND, k)
#define LDH_X(k) BPF_STMT(BPF_LD | BPF_H | BPF_IND, k)
#define LDW_X(k) BPF_STMT(BPF_LD | BPF_W | BPF_IND, k)
#define LD_IMM(k) BPF_STMT(BPF_LD | BPF_IMM, k)
#define LD_MEM(k) BPF_STMT(BPF_LD | BPF_MEM, k)
#define LDX_IMM(k) BPF_STMT(BPF_LDX | BPF_IMM, k)
#define LDX_MEM(k) BPF_STMT(BPF_LDX | BPF_MEM, k)
#define ST(k) BPF_STMT(BPF_ST, k)
#define STX(k) BPF_STMT(BPF_STX, k)
#define TAX BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define AND(k) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, k)
#define LSH(k) BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, k)
#define ADD_X BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0)
#define JA(k) BPF_STMT(BPF_JMP | BPF_JA, k)
#define JEQ(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define JSET(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k, yes, no)
#define DROP BPF_STMT(BPF_RET | BPF_K, 0)
/* How many bytes pass is the module's to say, and put in when the program is attached. */
#define PASS BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)

#endif
