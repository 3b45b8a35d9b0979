import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import org.eclipse.jdt.core.JavaCore;
import org.eclipse.jdt.core.ToolFactory;
import org.eclipse.jdt.core.formatter.CodeFormatter;
import org.eclipse.jdt.core.formatter.DefaultCodeFormatterConstants;
import org.eclipse.jface.text.Document;
import org.eclipse.text.edits.TextEdit;

/** Formats Java files in place with the Eclipse formatter, and prints the name of each file that it changed. See java_format.py. */
public final class JavaFormat {
    private static final int WIDTH = 140;

    private JavaFormat() {
    }

    /** Formats these files. */
    public static void main(String[] files) throws Exception {
        CodeFormatter formatter = ToolFactory.createCodeFormatter(options());
        for (String file : files) {
            Path path = Path.of(file);
            String text = Files.readString(path);
            TextEdit edit = formatter.format(CodeFormatter.K_COMPILATION_UNIT, text, 0, text.length(), 0, "\n");
            if (edit == null) {
                throw new IllegalArgumentException(file + " is not valid Java");
            }
            Document formatted = new Document(text);
            edit.apply(formatted);
            if (!formatted.get().equals(text)) {
                Files.writeString(path, formatted.get());
                System.out.println(file);
            }
        }
    }

    /** Eclipse's own settings, with four spaces, 140 columns, and line breaks that stay where a person has put them. */
    private static Map<String, String> options() {
        Map<String, String> options = new HashMap<>(DefaultCodeFormatterConstants.getEclipseDefaultSettings());
        JavaCore.setComplianceOptions("17", options);
        options.put(DefaultCodeFormatterConstants.FORMATTER_TAB_CHAR, JavaCore.SPACE);
        options.put(DefaultCodeFormatterConstants.FORMATTER_LINE_SPLIT, Integer.toString(WIDTH));
        options.put(DefaultCodeFormatterConstants.FORMATTER_JOIN_WRAPPED_LINES, DefaultCodeFormatterConstants.FALSE);
        options.put(
                DefaultCodeFormatterConstants.FORMATTER_ALIGNMENT_FOR_ASSIGNMENT,
                DefaultCodeFormatterConstants.createAlignmentValue(false, DefaultCodeFormatterConstants.WRAP_COMPACT));
        options.put(
                DefaultCodeFormatterConstants.FORMATTER_INDENT_SWITCHSTATEMENTS_COMPARE_TO_SWITCH, DefaultCodeFormatterConstants.TRUE);
        options.put(
                DefaultCodeFormatterConstants.FORMATTER_INSERT_SPACE_AFTER_OPENING_BRACE_IN_ARRAY_INITIALIZER, JavaCore.DO_NOT_INSERT);
        options.put(
                DefaultCodeFormatterConstants.FORMATTER_INSERT_SPACE_BEFORE_CLOSING_BRACE_IN_ARRAY_INITIALIZER, JavaCore.DO_NOT_INSERT);
        return options;
    }
}
