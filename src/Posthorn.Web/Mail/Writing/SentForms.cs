using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Posthorn.Core;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Forms that were sent a moment ago: who presses Send twice, or whose browser sends a form again after a broken connection, sends one message.</summary>
/// <remarks>
/// Each form that is shown has a number of its own, and what counts is the number with all that was written: a changed text is another message. This node remembers, and
/// only for a while: a browser that repeats a form does so at once, and to the node that it talks to.
/// </remarks>
public sealed class SentForms(TimeProvider time)
{
    /// <summary>How long a form is remembered.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>Forms that are remembered; beyond, the oldest is forgotten.</summary>
    public const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<ComposeOutcome>> _sent = [];
    private readonly Queue<(string Form, DateTimeOffset At)> _order = new();

    /// <summary>A number for a form that is about to be shown.</summary>
    public static string NewNumber() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Sends it, or gives what came of it the first time. What was not sent may be sent again.</summary>
    /// <param name="account">Whose form.</param>
    /// <param name="posted">The form.</param>
    /// <param name="send">Sends it; it goes on when the browser leaves, for nobody could tell what was done by then.</param>
    internal async Task<ComposeOutcome> OnceAsync(AccountId account, IFormCollection posted, Func<Task<ComposeOutcome>> send)
    {
        if (posted["once"].ToString().Length == 0)
        {
            return await send();
        }

        string form = Identity(account, posted);
        var first = new TaskCompletionSource<ComposeOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ComposeOutcome>? before;
        lock (_lock)
        {
            Forget();
            if (!_sent.TryGetValue(form, out before))
            {
                _sent[form] = first.Task;
                _order.Enqueue((form, time.GetUtcNow()));
            }
        }

        if (before is not null)
        {
            return await before;
        }

        try
        {
            ComposeOutcome outcome = await send();
            if (outcome.Sent is null)
            {
                Forget(form);
            }

            first.SetResult(outcome);
            return outcome;
        }
        catch (Exception fault)
        {
            Forget(form);
            first.SetException(fault);

            // Where nobody else waits for it, it is told here alone.
            _ = first.Task.Exception;
            throw;
        }
    }

    /// <summary>It was taken back: sending it again is meant.</summary>
    internal void Forget(SentNotice notice)
    {
        lock (_lock)
        {
            foreach ((string form, Task<ComposeOutcome> sent) in _sent)
            {
                // Taking away while going through is allowed for this dictionary.
                if (sent.IsCompletedSuccessfully && sent.Result.Sent == notice)
                {
                    _sent.Remove(form);
                }
            }
        }
    }

    private void Forget(string form)
    {
        lock (_lock)
        {
            _sent.Remove(form);
        }
    }

    private void Forget()
    {
        DateTimeOffset before = time.GetUtcNow() - Kept;
        while (_order.TryPeek(out (string Form, DateTimeOffset At) oldest) && (oldest.At < before || _order.Count > Most))
        {
            _order.Dequeue();
            _sent.Remove(oldest.Form);
        }
    }

    private static string Identity(AccountId account, IFormCollection posted)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text)
        {
            byte[] octets = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(octets.Length));
            hash.AppendData(octets);
        }

        Add(account.ToString());
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in posted.OrderBy(static field => field.Key, StringComparer.Ordinal))
        {
            Add(name);
            foreach (string? value in values)
            {
                Add(value ?? "");
            }
        }

        foreach (IFormFile file in posted.Files)
        {
            Add(file.FileName);
            hash.AppendData(BitConverter.GetBytes(file.Length));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
