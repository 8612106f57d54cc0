/* Diagnostics: plain lines on standard error, for people and for the program's log. */
#ifndef LOG_H_
#define LOG_H_

/* Writes `ringback-fabricd: ` (or the program's own name), the message and a newline, in one write. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* From now on they go to the system's log: standard error is nobody's. To be called while files may still be opened. */
void say_to_system(void);

#endif
