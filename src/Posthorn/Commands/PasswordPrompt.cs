using System.Text;
using Posthorn.Control;

namespace Posthorn.Commands;

/// <summary>Asks for a password without showing it; a password is never an argument, where other users could read it.</summary>
internal static class PasswordPrompt
{
    public static string Read(bool fromStandardInput)
    {
        if (fromStandardInput || Console.IsInputRedirected)
        {
            string? line = Console.In.ReadLine();
            return string.IsNullOrEmpty(line) ? throw new OperationRefusedException("No password came on standard input.") : line;
        }

        string first = Hidden("New password: ");
        return first == Hidden("Once more: ") ? first : throw new OperationRefusedException("The two passwords differ. Nothing was changed.");
    }

    private static string Hidden(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
            {
                Console.Error.WriteLine();
                return text.ToString();
            }

            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = Math.Max(0, text.Length - 1);
            }
            else if (key.KeyChar != '\0')
            {
                text.Append(key.KeyChar);
            }
        }
    }
}

/// <summary>A question before something that cannot be undone.</summary>
internal static class Confirmation
{
    public static bool Ask(string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new OperationRefusedException("This cannot be undone: add --yes to do it without a question.");
        }

        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
