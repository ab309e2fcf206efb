// SPDX-License-Identifier: Apache-2.0
// A runtime and its function in one program, which needs nothing else: takes events from Lambda's Runtime API, and
// answers each with {"hello": EVENT}. One connection a request, and HTTP/1.0, so that a body ends with it.
//
//     cc -O2 -static -o c/var/task/bootstrap c/bootstrap.c
#define _GNU_SOURCE  // strcasestr
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char received[7 << 20];

// Sends a request; what comes is in `received`, its size is returned.
static size_t ask(const char* method, const char* path, const char* body, size_t size) {
  const char* const api = getenv("AWS_LAMBDA_RUNTIME_API");  // 127.0.0.1:9001
  const char* const colon = strchr(api, ':');
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((unsigned short)atoi(colon + 1));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) < 0) exit(1);
  dprintf(fd, "%s /2018-06-01/runtime/%s HTTP/1.0\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n", method, path, api, size);
  for (size_t sent = 0; sent < size;) {
    const ssize_t put = write(fd, body + sent, size - sent);
    if (put <= 0) exit(1);
    sent += (size_t)put;
  }
  size_t got = 0;
  for (ssize_t n; got < sizeof received - 1 && (n = read(fd, received + got, sizeof received - 1 - got)) > 0;)
    got += (size_t)n;
  received[got] = '\0';
  close(fd);
  return got;
}

int main(void) {
  static char response[8 << 20];
  for (;;) {
    const size_t size = ask("GET", "invocation/next", "", 0);
    const char* const event = strstr(received, "\r\n\r\n");
    const char* const id = strcasestr(received, "\r\nlambda-runtime-aws-request-id:");
    if (event == NULL || id == NULL) return 1;
    char word[64];
    char path[128];
    if (sscanf(strchr(id, ':') + 1, " %63s", word) != 1) return 1;
    snprintf(path, sizeof path, "invocation/%s/response", word);
    const size_t event_size = size - (size_t)(event + 4 - received);
    const int written = snprintf(response, sizeof response, "{\"hello\":%.*s}", (int)event_size, event + 4);
    ask("POST", path, response, (size_t)written);
  }
}
