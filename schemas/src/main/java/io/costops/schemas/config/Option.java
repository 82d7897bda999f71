package io.costops.schemas.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes a component of a configuration record. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {
    String REQUIRED = "\0required";

    /** What the option is for, with its unit. */
    String value();

    /** Its value where none is given, as text; required where absent, unless the type is Optional. */
    String byDefault() default REQUIRED;
}
