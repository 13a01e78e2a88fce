#pragma once
// libcurl sets options through functions with variable arguments, which Swift cannot call: one function for each type.
#include <curl/curl.h>

static inline CURLcode varve_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode varve_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode varve_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode varve_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*varve_curl_data_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode varve_curl_set_data_function(CURL *handle, CURLoption option, varve_curl_data_function value) {
    return curl_easy_setopt(handle, option, value);
}

typedef int (*varve_curl_seek_function)(void *context, curl_off_t offset, int origin);

static inline CURLcode varve_curl_set_seek_function(CURL *handle, varve_curl_seek_function value) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLMcode varve_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLcode varve_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode varve_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode varve_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode varve_curl_get_socket(CURL *handle, CURLINFO info, curl_socket_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

typedef int (*varve_curl_socket_function)(void *context, curl_socket_t socket, curlsocktype purpose);

static inline CURLcode varve_curl_set_socket_function(CURL *handle, varve_curl_socket_function value) {
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, value);
}
