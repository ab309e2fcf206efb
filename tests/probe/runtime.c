// SPDX-License-Identifier: Apache-2.0
// A Lambda runtime that behaves as _HANDLER says, well or badly: static, so that it runs in an empty root.
//   echo       answers with the event                   twice      answers, and answers again
//   log        writes to stdout and stderr, then echo   late       answers 2 s after the event came
//   fail       reports an error                         silent     closes the connection and never answers
//   exit       leaves with 3 instead of answering       torn       closes the connection in the middle of its answer
//   crash      SIGSEGV instead of answering             stubborn   ignores SIGTERM, never answers
//   hog        takes all memory                         flood      writes to stdout for ever
//   forks      forks for ever                           init-loop  never asks for an event
//   init-exit  leaves with 5 before it asks             init-fail  reports that it can't begin
//   big:N      answers with N bytes                     stream     answers in three pieces, with pauses
//   torn-crash the same, and SIGSEGV a little later   init-slow  asks after 11 s, then echo
//   waits      of an event [N,M], answers N microseconds before the deadline (negative: after it), and asks for
//              the next event M milliseconds after that; of any other event, echo
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[8 << 20];
static char id[64];
static long long deadline_ms;

static void die(const char* what) {
  perror(what);
  exit(9);
}

static int connect_api(void) {
  const char* api = getenv("AWS_LAMBDA_RUNTIME_API");
  if (api == NULL) die("no AWS_LAMBDA_RUNTIME_API");
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_port = htons((unsigned short)atoi(strchr(api, ':') + 1));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
  return fd;
}

static void put(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = write(fd, bytes, size);
    if (sent <= 0) die("write");
    bytes += sent;
    size -= (size_t)sent;
  }
}

// Reads one answer; *body points to its `return` bytes.
static size_t get(int fd, char** body) {
  size_t have = 0;
  char* end = NULL;
  while (end == NULL) {
    const ssize_t got = read(fd, buffer + have, sizeof buffer - 1 - have);
    if (got <= 0) exit(0);
    have += (size_t)got;
    buffer[have] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  size_t length = 0;
  for (char* line = buffer; line < end; line = strstr(line, "\r\n") + 2) {
    if (strncasecmp(line, "content-length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
    if (strncasecmp(line, "lambda-runtime-deadline-ms:", 27) == 0) deadline_ms = strtoll(line + 27, NULL, 10);
    if (strncasecmp(line, "lambda-runtime-aws-request-id:", 30) == 0) sscanf(line + 30, " %63[^\r]", id);
  }
  *body = end + 4;
  while (have < (size_t)(*body - buffer) + length) {
    const ssize_t got = read(fd, buffer + have, sizeof buffer - have);
    if (got <= 0) exit(0);
    have += (size_t)got;
  }
  return length;
}

static void post(int fd, const char* path, const char* headers, const char* body, size_t size) {
  char head[512];
  const int length =
      snprintf(head, sizeof head, "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n",
               path, headers, size);
  put(fd, head, (size_t)length);
  put(fd, body, size);
}

static void answer(int fd, const char* what, const char* headers, const char* body, size_t size) {
  char path[128];
  snprintf(path, sizeof path, "invocation/%s/%s", id, what);
  post(fd, path, headers, body, size);
}

static void stream(int fd) {
  char head[512];
  const int length = snprintf(head, sizeof head,
                              "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: x\r\n"
                              "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n",
                              id);
  put(fd, head, (size_t)length);
  for (int i = 0; i < 3; ++i) {
    put(fd, "5\r\npiece\r\n", 10);
    usleep(100000);
  }
  put(fd, "0\r\n\r\n", 5);
}

static void misbehave_before(const char* handler) {
  if (strcmp(handler, "init-exit") == 0) exit(5);
  if (strcmp(handler, "init-loop") == 0)
    for (;;) pause();
  if (strcmp(handler, "init-slow") == 0) sleep(11);
  if (strcmp(handler, "stubborn") == 0) signal(SIGTERM, SIG_IGN);
  if (strcmp(handler, "init-fail") != 0) return;
  const char* body = "{\"errorMessage\":\"no luck\",\"errorType\":\"Function.NoLuck\"}";
  const int fd = connect_api();
  post(fd, "init/error", "Lambda-Runtime-Function-Error-Type: Function.NoLuck\r\n", body, strlen(body));
  char* unused;
  get(fd, &unused);
  exit(1);
}

static void misbehave(const char* handler) {
  if (strcmp(handler, "exit") == 0) exit(3);
  if (strcmp(handler, "crash") == 0) raise(SIGSEGV);
  if (strcmp(handler, "stubborn") == 0)
    for (;;) pause();
  if (strcmp(handler, "flood") == 0)
    for (;;) puts("and on and on and on and on and on and on and on and on and on and on");
  if (strcmp(handler, "forks") == 0)
    for (;;)
      if (fork() < 0) usleep(1000);  // failing as fast as it can fills its memory with what the kernel frees later
  if (strcmp(handler, "hog") == 0)
    for (;;) memset(malloc(1 << 20), 1, 1 << 20);
  if (strcmp(handler, "late") == 0) sleep(2);
  if (strcmp(handler, "log") == 0) {
    puts("this is stdout");
    fflush(stdout);
    fputs("this is stderr\n", stderr);
  }
}

static void wait_for_deadline(long before_us) {
  const long long at_us = deadline_ms * 1000 - before_us;
  const struct timespec at = {at_us / 1000000, at_us % 1000000 * 1000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

int main(void) {
  const char* handler = getenv("_HANDLER");
  if (handler == NULL || *handler == 0) handler = "echo";
  misbehave_before(handler);
  int fd = connect_api();
  for (;;) {
    char* body;
    const char* next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";
    put(fd, next, strlen(next));
    size_t size = get(fd, &body);
    misbehave(handler);
    long before_us = 0;
    long after_ms = 0;
    if (strcmp(handler, "waits") == 0 && sscanf(body, "[%ld,%ld]", &before_us, &after_ms) > 0)
      wait_for_deadline(before_us);
    if (strcmp(handler, "silent") == 0) {
      close(fd);
      for (;;) pause();
    }
    if (strncmp(handler, "torn", 4) == 0) {
      char head[256];
      const int length = snprintf(
          head, sizeof head,
          "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
          id);
      put(fd, head, (size_t)length);
      close(fd);
      usleep(30000);
      if (strcmp(handler, "torn-crash") == 0) raise(SIGSEGV);
      for (;;) pause();
    }
    if (strcmp(handler, "stream") == 0) {
      stream(fd);
    } else if (strcmp(handler, "fail") == 0) {
      const char* report = "{\"errorMessage\":\"oops\",\"errorType\":\"Function.Oops\"}";
      answer(fd, "error", "Lambda-Runtime-Function-Error-Type: Function.Oops\r\n", report, strlen(report));
    } else if (strncmp(handler, "big:", 4) == 0) {
      size = strtoul(handler + 4, NULL, 10);
      char* big = malloc(size + 1);
      memset(big, 'x', size + 1);
      answer(fd, "response", "", big, size);
      free(big);
    } else {
      answer(fd, "response", "", body, size);
    }
    get(fd, &body);
    usleep((useconds_t)after_ms * 1000);
    if (strcmp(handler, "twice") == 0) {
      answer(fd, "response", "", "\"again\"", 7);
      get(fd, &body);
    }
  }
}
