/*
 * Debian's C library for MIPS has a floating-point unit, which mips_24kc has not, nor the kernels of OpenWrt for it in
 * its place. The daemon computes nothing with it; the library saves its registers once, before main(), for a jump back that
 * only an end of the first thread before the others would take. This stands in the place of what saves them.
 */
int __sigsetjmp_aux(void *environment, int mask, int stack, int frame);

int __sigsetjmp_aux(void *environment, int mask, int stack, int frame)
{
	(void)environment;
	(void)mask;
	(void)stack;
	(void)frame;
	return 0;
}
