/* Diagnostics: plain lines on standard error, for people and for the program's log. */
#ifndef LOG_H_
#define LOG_H_

/* Writes `ringback-fabricd: ` (or the program's own name), the message and a newline, in one write. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
