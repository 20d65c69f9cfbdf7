namespace Posthorn.Quickstart;

/// <summary>One thing looked at before a host is set up.</summary>
/// <param name="Todo">What to do about a warning; null: nothing.</param>
internal sealed record HostCheck(bool IsOk, string Text, string? Todo = null)
{
    public static HostCheck Ok(string text) => new(true, text);

    public static HostCheck Warning(string text, string todo) => new(false, text, todo);
}
