using Posthorn.Core.Maintenance;

namespace Posthorn.Tests.Core;

/// <summary>A clock that was set back is told in one line, and harms no number that clients rely on.</summary>
public sealed class ClockTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clock_set_back_is_named_with_what_to_do_until_it_goes_right_again()
    {
        await using TestStore store = await TestStore.OpenAsync();
        StoreUse use = store.Get<StoreUse>();
        DateTimeOffset start = store.Time.GetUtcNow();
        Assert.Null(await use.BeginAsync(Cancel));
        store.Time.Advance(TimeSpan.FromDays(30));
        Assert.Null(await use.NoteTimeAsync(Cancel));
        store.Time.AdjustTime(start);
        string? said = await use.BeginAsync(Cancel);
        Assert.Contains("Set the clock right", said, StringComparison.Ordinal);
        Assert.Contains("2026-01-02 03:04 UTC, but this store was in use at 2026-02-01 03:04 UTC", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said!);
        store.Time.AdjustTime(start + TimeSpan.FromDays(31));
        Assert.Null(await use.BeginAsync(Cancel));
    }
}
