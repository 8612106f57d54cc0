/** Octets that mean something in the text of every protocol (RFC 5234 appendix B.1). */
export const LF = 10;
