/* Diagnostics: plain lines on standard error, for people and for the program's log. */
#ifndef LOG_H_
#define LOG_H_

/* Writes `ringback-fabricd: ` (or the program's own name), the message and a newline, in one write. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* The same of what is as it should be: nobody has to do anything about it. */
__attribute__((format(printf, 1, 2))) void say_news(const char *format, ...);

/* From now on news go to standard output, which is nobody else's: a supervisor that reads both tells them apart so. */
void say_news_apart(void);

/* From now on they go to the system's log: standard error is nobody's. To be called while files may still be opened. */
void say_to_system(void);

#endif
