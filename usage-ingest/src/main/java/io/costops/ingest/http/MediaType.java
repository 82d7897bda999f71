package io.costops.ingest.http;

import java.util.Locale;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/**
 * A content type without its parameters, lower case.
 *
 * @param value for example {@code application/json}; empty if there is none
 * @param utf8 false if it states another charset
 */
record MediaType(String value, boolean utf8) {
    static MediaType of(HttpFields headers) {
        return parse(Optional.ofNullable(headers.get(HttpHeader.CONTENT_TYPE)).orElse(""));
    }

    static MediaType parse(String header) {
        String[] parts = header.toLowerCase(Locale.ROOT).split(";", -1);
        boolean utf8 = true;
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip().replace("\"", "");
            if (parameter.startsWith("charset=")) {
                String charset = parameter.substring("charset=".length());
                utf8 = charset.equals("utf-8") || charset.equals("utf8") || charset.equals("us-ascii");
            }
        }
        return new MediaType(parts[0].strip(), utf8);
    }

    boolean isJson() {
        return value.equals("application/json") || (value.startsWith("application/") && value.endsWith("+json"));
    }

    boolean isJsonLines() {
        return switch (value) {
            case "application/x-ndjson",
                    "application/ndjson",
                    "application/jsonl",
                    "application/x-jsonlines",
                    "application/jsonlines" -> true;
            default -> false;
        };
    }
}
