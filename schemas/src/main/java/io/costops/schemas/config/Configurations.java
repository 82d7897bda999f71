package io.costops.schemas.config;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads an immutable configuration record from {@code --key value} arguments and the environment, arguments first.
 *
 * <p>A component {@code kafkaBootstrap} is the key {@code kafka.bootstrap} and the variable {@code KAFKA_BOOTSTRAP}. A
 * {@link Secret} is read from the file that {@code key.file} names, or from the environment, never from an argument,
 * which every user of the machine could read. An unknown or missing key, or a value that doesn't parse, is an error that
 * names the key.
 */
public final class Configurations {
    private static final Pattern SHORT_DURATION = Pattern.compile("(\\d+)(ms|s|m|h|d)");

    private Configurations() {}

    /**
     * Reads a configuration.
     *
     * @throws ConfigurationException naming the key that is unknown, missing or wrong
     */
    public static <R extends Record> R read(Class<R> type, String[] arguments, Map<String, String> environment) {
        Map<String, String> given = arguments(arguments);
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = value(components[i], given, environment);
        }
        if (!given.isEmpty()) {
            String known = Arrays.stream(components)
                    .map(component -> argumentName(component))
                    .collect(Collectors.joining(", "));
            throw new ConfigurationException(
                    "unknown option --" + new TreeSet<>(given.keySet()).first() + "; the options are " + known);
        }
        try {
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ConfigurationException(String.valueOf(cause.getMessage()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("can't make a " + type.getName(), e);
        }
    }

    /** One line for each option: key, type, default and description. */
    public static List<String> describe(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component -> "--" + argumentName(component) + "  "
                        + option(component).value()
                        + (option(component).byDefault().equals(Option.REQUIRED)
                                ? (component.getType() == Optional.class ? " (optional)" : " (required)")
                                : " (default " + option(component).byDefault() + ")"))
                .toList();
    }

    private static Map<String, String> arguments(String[] arguments) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
                throw new ConfigurationException(
                        "options are pairs of --key value; what is wrong here: " + arguments[i]);
            }
            if (given.put(arguments[i].substring(2), arguments[i + 1]) != null) {
                throw new ConfigurationException("option " + arguments[i] + " is given twice");
            }
        }
        return given;
    }

    private static Object value(RecordComponent component, Map<String, String> given, Map<String, String> environment) {
        Type type = component.getGenericType();
        boolean optional = component.getType() == Optional.class;
        Type inner = optional ? ((ParameterizedType) type).getActualTypeArguments()[0] : type;
        String argument = argumentName(component);
        String variable = key(component).replace('.', '_').toUpperCase(Locale.ROOT);
        String text = given.remove(argument);
        if (text != null && inner == Secret.class) {
            text = contents(argument, Path.of(text));
        }
        if (text == null) {
            text = environment.get(variable);
        }
        String byDefault = option(component).byDefault();
        if (text == null && !byDefault.equals(Option.REQUIRED)) {
            text = byDefault;
        }
        if (text == null) {
            if (optional) {
                return Optional.empty();
            }
            throw new ConfigurationException("option --" + argument + " (or the variable " + variable + ") is missing: "
                    + option(component).value());
        }
        Object parsed = parse(argument, text, (Class<?>) inner);
        return optional ? Optional.of(parsed) : parsed;
    }

    private static String contents(String argument, Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new ConfigurationException("option --" + argument + ": can't read the file " + file);
        }
    }

    private static Object parse(String key, String text, Class<?> type) {
        try {
            if (type == String.class) {
                return text;
            } else if (type == int.class || type == Integer.class) {
                return Integer.valueOf(text);
            } else if (type == long.class || type == Long.class) {
                return Long.valueOf(text);
            } else if (type == boolean.class || type == Boolean.class) {
                return bool(text);
            } else if (type == Duration.class) {
                return duration(text);
            } else if (type == Path.class) {
                return Path.of(text);
            } else if (type == URI.class) {
                return URI.create(text);
            } else if (type == Secret.class) {
                return new Secret(text);
            }
        } catch (IllegalArgumentException | DateTimeParseException e) {
            // A secret is never part of the message: its type takes any text and can't come here.
            throw new ConfigurationException(
                    "option --" + key + " must be a " + type.getSimpleName() + ", but is '" + text + "'");
        }
        throw new IllegalStateException("no reader for options of type " + type.getName());
    }

    private static Boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Duration duration(String text) {
        Matcher matcher = SHORT_DURATION.matcher(text);
        if (!matcher.matches()) {
            return Duration.parse(text);
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    private static String argumentName(RecordComponent component) {
        Type type = component.getGenericType();
        boolean secret =
                component.getType() == Secret.class || type.getTypeName().contains(Secret.class.getName());
        return secret ? key(component) + ".file" : key(component);
    }

    private static String key(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", ".$1").toLowerCase(Locale.ROOT);
    }

    private static Option option(RecordComponent component) {
        @Nullable Option option = component.getAnnotation(Option.class);
        if (option == null) {
            throw new IllegalStateException(
                    component.getDeclaringRecord().getSimpleName() + "." + component.getName() + " has no @Option");
        }
        return option;
    }
}
